#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus::datasets::imitation {

// A phantom drawn: int16 image and uint8 label [D, H, W].
struct Drawn {
  at::Tensor image, label;
  Geometry geometry;
  std::map<std::int64_t, at::Tensor> landmarks;  // by slice, float64 [4, 2]
  double shift = 0;                              // largest distance of landmarks 3 and 4, in pixels
};
Drawn draw(std::string_view kind, const std::vector<std::int64_t>& size, std::int64_t seed, std::int64_t index,
           const std::string& modality = "a");
// Each label value v as codes[v].
at::Tensor coded(const at::Tensor& label, const std::vector<std::int64_t>& codes);

struct Order {
  std::filesystem::path target;
  std::vector<std::int64_t> size;
  std::int64_t seed = 1, cases = 0;
};
// How one set lies on disk.
struct Layout {
  std::string_view name;
  std::vector<std::string> (*files)(std::int64_t index);  // of case `index`, relative to the target
  void (*write)(const Order& order, std::int64_t index);
  void (*finish)(const Order& order);  // lists and tables; null: none
};
const std::vector<Layout>& layouts();

std::vector<Layout> cardiac_layouts();
std::vector<Layout> other_layouts();

}  // namespace plexus::datasets::imitation
