#include "nifti_folder.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/data/volume.hpp>

#include "dataset_json.hpp"
#include "lists.hpp"

namespace plexus::datasets {
namespace {

using Names = std::vector<std::string>;
using Splits = std::map<std::string, Names>;
using Files = std::map<std::string, std::filesystem::path>;

Splits dealt_cases(const NiftiFolder::Settings& settings, const Files& images, const Files& labels) {
  Splits splits;
  Names whole;
  for (const auto& [name, file] : images) (labels.count(name) ? whole : splits["unlabeled"]).push_back(name);
  const auto count = static_cast<std::int64_t>(whole.size()), train = count - settings.val - settings.test;
  if (train < std::max<std::int64_t>(settings.labeled, 0)) {
    throw Error(ErrorKind::configuration,
                fmt::format("{} labelled, {} val and {} test cases are asked for; {} have labels", settings.labeled,
                            settings.val, settings.test, count),
                settings.root);
  }
  const auto at = [&whole](std::int64_t index) { return whole.begin() + static_cast<std::ptrdiff_t>(index); };
  splits["test"].assign(at(count - settings.test), whole.end());
  splits["val"].assign(at(train), at(train + settings.val));
  const auto labeled = settings.labeled > 0 ? settings.labeled : train;
  splits["labeled"].assign(at(0), at(labeled));
  splits["unlabeled"].insert(splits["unlabeled"].begin(), at(labeled), at(train));
  return splits;
}

// The first `labeled` of the listed training cases keep their labels, where the option asks for a count of its own.
void relabel(Splits& splits, std::int64_t labeled, const std::string& root) {
  if (labeled == 0) return;
  auto train = splits["labeled"];
  train.insert(train.end(), splits["unlabeled"].begin(), splits["unlabeled"].end());
  if (static_cast<std::int64_t>(train.size()) < labeled)
    throw Error(ErrorKind::configuration,
                fmt::format("{} labelled cases are asked for; {} are for training", labeled, train.size()), root);
  const auto border = train.begin() + static_cast<std::ptrdiff_t>(labeled);
  splits["labeled"].assign(train.begin(), border);
  splits["unlabeled"].assign(border, train.end());
}

std::int64_t largest_label(const Names& cases, const Files& labels) {
  std::int64_t largest = 1;
  for (const auto& name : cases) {
    const auto found = labels.find(name);
    if (found == labels.end()) continue;
    const auto data = read_volume(found->second).data;
    largest = std::max(largest, (data.is_floating_point() ? data.round() : data).max().item().to<std::int64_t>());
  }
  return largest;
}

}  // namespace

void NiftiFolder::Settings::declare(Options& options) {
  options.add("root", root, "folder with images/ and labels/, and dataset.json where there is one").required().path();
  options.add("view", view, "training samples: whole volumes, or their planes; val and test are always volumes")
      .one_of({"volumes", "slices"});
  options.add("labeled", labeled, "labelled training cases; 0: as dataset.json says, else all that have labels")
      .range(0)
      .unit("cases");
  options.add("val", val, "cases for validation, without splits in dataset.json").range(0).unit("cases");
  options.add("test", test, "cases for testing, without splits in dataset.json").range(0).unit("cases");
  options.add("labels", labels, "names of the classes from 1 on; empty: dataset.json's, else counted in the label files");
  options.add("volume_cache", volume_cache, "memory for volumes whose planes are asked for").range(0).unit("MiB").no_effect();
}

NiftiFolder::NiftiFolder(const Settings& settings) : CaseSet(settings.volume_cache << 20) {
  const std::filesystem::path root = settings.root;
  const auto images = volumes_in(root / "images"), labels = volumes_in(root / "labels");
  if (images.empty())
    throw Error(ErrorKind::data, "holds no volumes", (root / "images").string(), "put the scans there, or set root");
  const auto json = read_dataset_json(root);
  auto splits = json.splits.empty() ? dealt_cases(settings, images, labels) : json.splits;
  if (!json.splits.empty()) relabel(splits, settings.labeled, settings.root);

  auto names = !settings.labels.empty() ? settings.labels : json.labels;
  const auto classes =
      names.empty() ? 1 + largest_label(splits["labeled"], labels) : 1 + static_cast<std::int64_t>(names.size());
  info_.labels = make_labels(names, classes);
  if (names.empty()) info_.notes.push_back(fmt::format("{} classes, counted in the label files", classes));
  const bool slices = settings.view == "slices";
  info_.dimensions = slices ? 2 : 3;

  for (const std::string subset : {"labeled", "unlabeled", "val", "test"}) {
    const bool planes = slices && (subset == "labeled" || subset == "unlabeled");
    std::vector<std::size_t> cases;
    for (const auto& name : splits[subset]) {
      const auto image = images.find(name);
      if (image == images.end())
        throw Error(ErrorKind::data, fmt::format("the subset '{}' names the case '{}', which has no image", subset, name),
                    (root / "images").string());
      Case one{name, {image->second.string()}};
      const auto label = labels.find(name);
      if (label != labels.end())
        one.files.push_back(label->second.string());
      else if (subset == "labeled" || subset == "val")
        throw Error(ErrorKind::data, fmt::format("the case '{}' of the subset '{}' has no label", name, subset),
                    (root / "labels").string());
      std::vector<std::int64_t> shape;
      if (planes || (subset == "labeled" && cases.empty())) {
        read_volume_geometry(image->second, shape);
        one.depth = shape[1];
        info_.channels = shape[0];
      }
      cases.push_back(add_case(std::move(one)));
    }
    add_subset(subset, cases, planes);
  }
}

Sample NiftiFolder::read_case(std::size_t index) const {
  const auto& one = at(index);
  auto image = read_volume(one.files[0]);
  for (const auto& note : image.notes)
    if (!note.starts_with("grid from")) log::warn_once(one.files[0] + ": " + note);
  Sample sample;
  sample.fields["image"] = image.data.to(at::kFloat).contiguous();
  sample.geometry = image.geometry;
  sample.header = image.header;
  if (one.files.size() < 2) return sample;
  const auto label = read_volume(one.files[1]);
  if (label.data.size(0) != 1 || label.data.sizes().slice(1) != image.data.sizes().slice(1))
    throw Error(ErrorKind::data, "its size is not that of " + one.files[0], one.files[1]);
  const auto apart = corner_distance(label.geometry, image.geometry, image.data.sizes().slice(1));
  if (label.geometry.known && image.geometry.known && apart > 1)
    log::warn_once(fmt::format("{}: lies up to {:.1f} mm off its image; voxels are paired as stored", one.files[1], apart));
  sample.fields["label"] = checked_label(label.data[0], info_.classes(), one.files[1]);
  return sample;
}

}  // namespace plexus::datasets
