#include "@name@.hpp"

#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <plexus/base/error.hpp>
#include <plexus/data/volume.hpp>

namespace @name@ {

void Settings::declare(plexus::Options& options) {
  options.add("root", root, "Folder with one folder a case.").required().path();
  options.add("test", test, "Cases kept for validation and test, the last by name.").range(0);
}

Data::Data(Settings settings) : settings_(std::move(settings)) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.root, none))
    if (std::filesystem::exists(entry.path() / "image.nii.gz")) cases_.push_back(entry.path().filename().string());
  std::sort(cases_.begin(), cases_.end());
  if (cases_.size() <= static_cast<std::size_t>(settings_.test))
    throw plexus::Error(plexus::ErrorKind::data, "no training case was found", settings_.root,
                        "each case is a folder with image.nii.gz and mask.nii.gz");
}

plexus::DataInfo Data::info() const {
  plexus::DataInfo info;
  info.dimensions = 2;
  info.labels = {{.id = 0, .name = "background"}, {.id = 1, .name = "object", .colour = {230, 60, 60}}};
  return info;
}

std::string Data::file(std::size_t index, const std::string& name) const {
  return (std::filesystem::path(settings_.root) / cases_.at(index) / name).string();
}

std::size_t Data::training() const { return cases_.size() - static_cast<std::size_t>(settings_.test); }

bool Data::has_mask(std::size_t index) const { return std::filesystem::exists(file(index, "mask.nii.gz")); }

std::vector<std::size_t> Data::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw plexus::Error(plexus::ErrorKind::data, "no subset '" + name + "'", settings_.root, "there are labeled, unlabeled, val, test");
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const std::string own = i >= training() ? "test" : has_mask(i) ? "labeled" : "unlabeled";
    if (name == own || (name == "val" && own == "test")) chosen.push_back(i);
  }
  return chosen;
}

plexus::Sample Data::describe(std::size_t index) const {
  plexus::Sample sample;
  sample.id = sample.case_id = cases_.at(index);
  return sample;
}

plexus::Sample Data::get(std::size_t index, plexus::Rng& rng) const {
  plexus::Sample sample = describe(index);
  const auto image = plexus::read_volume(file(index, "image.nii.gz"));
  sample.fields["image"] = image.data.to(at::kFloat);
  if (has_mask(index)) sample.fields["label"] = plexus::read_volume(file(index, "mask.nii.gz"), {.label = true}).data[0];
  sample.geometry = image.geometry;
  sample.header = image.header;
  if (index < training()) {
    sample.slice = rng.integer(0, image.data.size(1));
    sample.fields["image"] = sample.fields["image"].select(1, sample.slice).contiguous();
    if (has_mask(index)) sample.fields["label"] = sample.fields["label"][sample.slice].contiguous();
  }
  return sample;
}

std::vector<std::string> Data::files() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    all.push_back(file(i, "image.nii.gz"));
    if (has_mask(i)) all.push_back(file(i, "mask.nii.gz"));
  }
  return all;
}

}  // namespace @name@
