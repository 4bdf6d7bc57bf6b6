#pragma once
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace plexus::parity {

// The fill rule of the parity cases: u(name, k) in [0, 1), a hash of the name's CRC-32 and the flat index.
class Fill {
 public:
  explicit Fill(const std::string& name);
  double operator()(std::uint64_t k) const noexcept;

 private:
  std::uint32_t crc_;
};

// The input tensor that an entry of a case's `inputs` describes: float32, or int64 for labels and whole values. Throws
// std::runtime_error for an unknown kind or data that do not fit the shape.
at::Tensor make_input(const std::string& name, const nlohmann::json& spec);

}  // namespace plexus::parity
