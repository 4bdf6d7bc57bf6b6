#include "h5_layout.hpp"

#include <algorithm>
#include <span>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/array_volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {

std::vector<std::string> layout_files(const std::string& id, std::int64_t depth, std::int64_t first) {
  std::vector<std::string> files{fmt::format("data/{}.h5", id)};
  for (std::int64_t slice = 0; slice < depth; ++slice)
    files.push_back(fmt::format("data/slices/{}_slice_{}.h5", id, first + slice));
  return files;
}

void write_layout_case(const std::filesystem::path& target, const std::string& id, const at::Tensor& image,
                       const at::Tensor& label, const Geometry& geometry, const std::string& source, std::int64_t first) {
  make_folder(target / "data" / "slices");
  const auto values = image.to(at::kFloat);
  if (!at::isfinite(values).all().item<bool>()) throw Error(ErrorKind::data, "holds intensities that are not finite", source);
  const auto low = values.min(), range = values.max() - low;
  const auto scaled = range.item<float>() > 0 ? (values - low) / range : at::zeros_like(values);
  const auto attributes = volume_attributes(geometry, source);
  const auto files = layout_files(id, image.size(0), first);
  // The volume comes last: where it is, its slices are.
  for (std::int64_t slice = image.size(0); slice >= 0; --slice) {
    const auto part = [slice](const at::Tensor& of) { return slice == 0 ? of : of.select(0, slice - 1); };
    std::vector<std::pair<std::string, at::Tensor>> tensors{{"image", part(scaled)}};
    if (label.defined()) tensors.emplace_back("label", part(label));
    write_h5(target / files[static_cast<std::size_t>(slice)], tensors, slice == 0 ? attributes : H5Attributes{});
  }
}

void write_layout_lists(const std::filesystem::path& target, const LayoutLists& lists, std::int64_t first) {
  const auto names = [](const std::vector<LayoutCase>& cases) {
    std::string text;
    for (const auto& one : cases) text += one.id + "\n";
    return text;
  };
  std::string slices;
  for (const auto& one : lists.train)
    for (std::int64_t slice = 0; slice < one.depth; ++slice) slices += fmt::format("{}_slice_{}\n", one.id, first + slice);
  write_file(target / "train.list", names(lists.train));
  write_file(target / "train_slices.list", slices);
  write_file(target / "val.list", names(lists.val));
  // What an earlier deal left must not be taken for this one's.
  if (lists.test.empty())
    std::filesystem::remove(target / "test.list");
  else
    write_file(target / "test.list", names(lists.test));
}

LayoutLists dealt(const std::vector<LayoutCase>& cases, std::int64_t val, std::int64_t test, Rng rng) {
  std::vector<std::string> patients;
  for (const auto& one : cases)
    if (std::find(patients.begin(), patients.end(), patient_of(one.id)) == patients.end())
      patients.push_back(patient_of(one.id));
  std::sort(patients.begin(), patients.end());
  if (val + test >= static_cast<std::int64_t>(patients.size())) {
    throw Error(ErrorKind::configuration,
                fmt::format("{} patients for val and {} for test leave none of {} for training", val, test, patients.size()),
                "lists");
  }
  rng.shuffle(std::span<std::string>(patients));
  LayoutLists lists;
  for (std::size_t p = 0; p < patients.size(); ++p) {
    const auto place = static_cast<std::int64_t>(p);
    auto& target = place < val ? lists.val : place < val + test ? lists.test : lists.train;
    for (const auto& one : cases)
      if (patient_of(one.id) == patients[p]) target.push_back(one);
  }
  return lists;
}

}  // namespace plexus::datasets
