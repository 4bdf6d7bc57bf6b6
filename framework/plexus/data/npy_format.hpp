#pragma once
// For npy*.cpp alone: one array's header and bytes.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <plexus/data/elements.hpp>

namespace plexus::npy {

struct Layout {
  ElementType type;
  bool boolean = false, swapped = false, fortran = false;
  std::vector<std::int64_t> shape;
  std::size_t data = 0;  // where the elements begin
  std::uint64_t bytes() const;
  std::string type_name() const;  // "float64"
};

// `front`: at least the header, which takes at most 64 KiB of the file.
Layout parse(std::string_view front, const std::string& where);
// The elements, uint8, as a tensor of the layout's shape.
at::Tensor tensor(at::Tensor bytes, const Layout& layout, const std::string& where);
// Header and elements.
std::string encode(const at::Tensor& tensor);

}  // namespace plexus::npy
