#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus::datasets {

// Writing the slice layout that slice_layout.hpp reads. Slices are numbered from `first`.

// Files of one case, relative to the target: the volume first, then its slices.
std::vector<std::string> layout_files(const std::string& id, std::int64_t depth, std::int64_t first = 1);
// Image [D, H, W], scaled to [0, 1] over the volume, and its label (undefined: none), each file atomically.
void write_layout_case(const std::filesystem::path& target, const std::string& id, const at::Tensor& image,
                       const at::Tensor& label, const Geometry& geometry, const std::string& source, std::int64_t first = 1);

struct LayoutCase {
  std::string id;
  std::int64_t depth;
};
struct LayoutLists {
  std::vector<LayoutCase> train, val, test;  // train: labelled ones first
};
// train.list, train_slices.list, val.list and, unless it would be empty, test.list.
void write_layout_lists(const std::filesystem::path& target, const LayoutLists& lists, std::int64_t first = 1);
// Deals patients (all cases of one go together) at random: val, test, the rest for training.
LayoutLists dealt(const std::vector<LayoutCase>& cases, std::int64_t val, std::int64_t test, Rng rng);

}  // namespace plexus::datasets
