#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/data/h5.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus::datasets {

// Writing the slice layout that acdc.hpp reads. Slices are numbered from 1.

// Attributes of a volume [D, H, W]: "affine" (4 x 4, row-major, from i, j, k to RAS+ millimetres), "spacing" (z, y, x),
// "axes", "source". Without known geometry only the latter two.
H5Attributes layout_attributes(const Geometry& geometry, const std::string& source);
// The geometry that such attributes tell; unknown where they tell none.
Geometry attributed_geometry(const H5Attributes& attributes);

// Files of one case, relative to the target: the volume first, then its slices.
std::vector<std::string> layout_files(const std::string& id, std::int64_t depth);
// Image [D, H, W], scaled to [0, 1] over the volume, and its label (undefined: none), each file atomically.
void write_layout_case(const std::filesystem::path& target, const std::string& id, const at::Tensor& image,
                       const at::Tensor& label, const Geometry& geometry, const std::string& source);

struct LayoutCase {
  std::string id;
  std::int64_t depth;
};
struct LayoutLists {
  std::vector<LayoutCase> train, val, test;  // train: labelled ones first
};
// train.list, train_slices.list, val.list, test.list.
void write_layout_lists(const std::filesystem::path& target, const LayoutLists& lists);
// Deals patients (all cases of one go together) at random: val, test, the rest for training.
LayoutLists dealt(const std::vector<LayoutCase>& cases, std::int64_t val, std::int64_t test, std::uint64_t seed);

}  // namespace plexus::datasets
