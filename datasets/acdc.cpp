#include "acdc.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/h5.hpp>

#include "h5_layout.hpp"
#include "lists.hpp"

namespace plexus::datasets {

void Acdc::Settings::declare(Options& options) {
  options.add("root", root, "folder with data/, train_slices.list, val.list and test.list").required().path();
  options.add("labeled", labeled, "labelled patients: the first of the training list")
      .range(1)
      .unit("patients")
      .alias("labeled_num");
  options.add("classes", classes, "with the background").range(2).alias("num_classes");
  options.add("labels", labels, "names of the classes from 1 on");
  options.add("train_list", train_list, "list of training slices, in root");
  options.add("val_list", val_list, "list of validation volumes, in root");
  options.add("test_list", test_list, "list of test volumes, in root");
  options.preset("acdc", "ACDC: cine MR, 4 classes, 7 of 70 patients labelled", {});
  // Their own test.list is meaningless; results are reported on the validation list.
  options.preset("mscmrseg19", "MS-CMRSEG19: LGE MR, 4 classes, 7 of 35 patients labelled",
                 {{"labeled", "7"}, {"test_list", "val.list"}});
  options.preset(
      "task05", "Decathlon Task05: prostate, 3 classes, 2 of 22 patients labelled",
      {{"labeled", "2"}, {"classes", "3"}, {"labels", "[peripheral zone, transition zone]"}, {"test_list", "val.list"}});
}

Acdc::Acdc(Settings settings) : settings_(std::move(settings)) {
  const std::filesystem::path root = settings_.root;
  const auto train = read_list(root / settings_.train_list);
  const auto labeled = static_cast<std::ptrdiff_t>(labeled_prefix(train, settings_.labeled));
  add({train.begin(), train.begin() + labeled}, "labeled", "data/slices");
  add({train.begin() + labeled, train.end()}, "unlabeled", "data/slices");
  add(read_list(root / settings_.val_list), "val", "data");
  if (std::filesystem::exists(root / settings_.test_list)) add(read_list(root / settings_.test_list), "test", "data");
  require_files(files(), "check the option root, or prepare the data with the step acdc_h5 or slices_h5");
}

void Acdc::add(const std::vector<std::string>& names, const std::string& subset, const std::string& folder) {
  const auto base = std::filesystem::path(settings_.root) / folder;
  for (const auto& name : names) items_.push_back({name, (base / (name + ".h5")).string(), subset});
}

DataInfo Acdc::info() const {
  DataInfo info;
  info.labels = make_labels(settings_.labels, settings_.classes);
  info.dimensions = 2;
  if (settings_.test_list == settings_.val_list)
    info.notes.emplace_back("the test volumes are the validation volumes, on which the best model is chosen");
  return info;
}

std::vector<std::string> Acdc::subsets() const { return {"labeled", "unlabeled", "val", "test"}; }

std::vector<std::size_t> Acdc::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, fmt::format("no subset '{}'; there are {}", name, join(names, ", ")), "data");
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample Acdc::describe(std::size_t index) const {
  Sample sample;
  sample.id = items_.at(index).name;
  std::tie(sample.case_id, sample.slice) = split_slice(sample.id);
  return sample;
}

Sample Acdc::get(std::size_t index, Rng&) const {
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
    sample.fields["label"] = checked_label(label, settings_.classes, item.file);
  } else if (item.subset == "unlabeled") {
    sample.fields["label"] = at::zeros(image.sizes(), at::kByte);
  }
  if (volume) sample.geometry = attributed_geometry(read_h5_attributes(item.file));
  return sample;
}

std::vector<std::string> Acdc::files() const {
  std::vector<std::string> all;
  for (const auto& item : items_) all.push_back(item.file);
  return all;
}

}  // namespace plexus::datasets
