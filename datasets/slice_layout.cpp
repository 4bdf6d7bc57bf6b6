#include "slice_layout.hpp"

#include <algorithm>
#include <filesystem>
#include <span>
#include <tuple>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/array_volume.hpp>
#include <plexus/data/h5.hpp>

#include "lists.hpp"

namespace plexus::datasets {

SliceLayout::SliceLayout(const std::string& root, const Lists& lists, std::int64_t labeled, std::vector<Label> labels,
                         const std::string& hint) {
  const auto add = [&](std::span<const std::string> names, const char* subset, const char* folder) {
    const auto base = std::filesystem::path(root) / folder;
    for (const auto& name : names) items_.push_back({name, (base / (name + ".h5")).string(), subset});
  };
  const auto train = read_list(lists.train);
  const std::span<const std::string> slices(train);
  const auto border = labeled_prefix(train, labeled);
  add(slices.first(border), "labeled", "data/slices");
  add(slices.subspan(border), "unlabeled", "data/slices");
  add(read_list(lists.val), "val", "data");
  if (std::filesystem::exists(lists.test)) add(read_list(lists.test), "test", "data");
  require_files(files(), hint);
  info_.labels = std::move(labels);
  info_.dimensions = 2;
  if (lists.test == lists.val)
    info_.notes.emplace_back("the test volumes are the validation volumes, on which the best model is chosen");
}

std::vector<std::string> SliceLayout::subsets() const { return {"labeled", "unlabeled", "val", "test"}; }

std::vector<std::size_t> SliceLayout::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, fmt::format("no subset '{}'; there are {}", name, join(names, ", ")), "data");
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample SliceLayout::describe(std::size_t index) const {
  Sample sample;
  sample.id = items_.at(index).name;
  std::tie(sample.case_id, sample.slice) = split_slice(sample.id);
  return sample;
}

Sample SliceLayout::get(std::size_t index, Rng&) const {
  const auto& item = items_.at(index);
  auto sample = describe(index);
  const bool volume = item.subset == "val" || item.subset == "test";
  const auto image = read_h5(item.file, "image");
  if (image.dim() != (volume ? 3 : 2))
    throw Error(ErrorKind::data, fmt::format("'image' has {} axes instead of {}", image.dim(), volume ? 3 : 2), item.file);
  sample.fields["image"] = image.to(at::kFloat).unsqueeze(0);
  const bool optional = item.subset == "unlabeled" || item.subset == "test";
  if (!optional || h5_has(item.file, "label")) {
    const auto label = read_h5(item.file, "label");
    if (label.sizes() != image.sizes()) throw Error(ErrorKind::data, "'image' and 'label' have different shapes", item.file);
    sample.fields["label"] = checked_label(label, info_.classes(), item.file);
  } else if (item.subset == "unlabeled") {
    sample.fields["label"] = at::zeros(image.sizes(), at::kByte);
  }
  std::string axes;
  if (volume) sample.geometry = attributed_geometry(read_h5_attributes(item.file), axes);
  return sample;
}

std::vector<std::string> SliceLayout::files() const {
  std::vector<std::string> all;
  for (const auto& item : items_) all.push_back(item.file);
  return all;
}

}  // namespace plexus::datasets
