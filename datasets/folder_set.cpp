#include "folder_set.hpp"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

using Names = std::vector<std::string>;
using Splits = std::map<std::string, Names>;

Splits dealt_cases(const FolderSettings& settings, const std::vector<LayoutCase>& cases) {
  Splits splits;
  Names whole;
  for (const auto& one : cases)
    if (!one.test) (one.label.empty() ? splits["unlabeled"] : whole).push_back(one.id);
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

std::int64_t largest_label(const std::vector<LayoutCase>& cases, const Names& labeled) {
  std::int64_t largest = 1;
  for (const auto& one : cases) {
    if (one.label.empty() || std::find(labeled.begin(), labeled.end(), one.id) == labeled.end()) continue;
    largest = std::max(largest, read_volume(one.label, {.label = true}).data.max().item().to<std::int64_t>());
  }
  return largest;
}

void warn_if_apart(const Volume& one, const std::string& file, const Volume& image) {
  const auto apart = corner_distance(one.geometry, image.geometry, image.data.sizes().slice(1));
  if (one.geometry.known && image.geometry.known && apart > 1)
    log::warn_once(fmt::format("{}: lies up to {:.1f} mm off its image; voxels are paired as stored", file, apart));
}

}  // namespace

FolderCases::FolderCases(Layout layout, const std::string& root)
    : cases(std::move(layout.cases)), labels(names_of_ids(layout.labels)), notes(std::move(layout.notes)) {
  if (cases.empty()) throw Error(ErrorKind::data, "holds no cases", root, "check the option root");
  std::optional<Error> first;
  std::size_t faults = 0;
  std::set<std::string> ids;
  for (const auto& one : cases) {
    if (!ids.insert(one.id).second) throw Error(ErrorKind::data, fmt::format("two cases are called '{}'", one.id), root);
    if (one.fault && faults++ == 0) first = one.fault;
  }
  if (faults == 1) throw *first;
  if (faults > 1)
    throw Error(first->kind(), fmt::format("{} (and {} other cases have faults)", first->message(), faults - 1), first->where(),
                first->hint());
  if (!layout.ignore) return;
  ignore = *layout.ignore;
  notes.emplace_back("voxels that are to be ignored are read as background");
}

void FolderSettings::declare(Options& options, const std::string& layout) {
  options.add("root", root, layout).required().path();
  options.add("view", view, "training samples: whole volumes, or their planes; val and test are always volumes")
      .one_of({"volumes", "slices"});
  options.add("labeled", labeled, "labelled training cases; 0: as the splits say, else all that have labels")
      .range(0)
      .unit("cases")
      .alias("labeled_num");
  options.add("val", val, "cases for validation, where the folder has no splits").range(0).unit("cases");
  options.add("test", test, "cases for testing, where the folder has no splits").range(0).unit("cases");
  options.add("labels", labels, "names of the classes from 1 on; empty: as the folder says, else counted in the label files");
  options.add("volume_cache", volume_cache, "memory for volumes whose planes are asked for").range(0).unit("MiB").no_effect();
}

FolderSet::FolderSet(const FolderSettings& settings, const FolderCases& found)
    : CaseSet(settings.volume_cache << 20), ignore_(found.ignore) {
  auto splits = found.splits.empty() ? dealt_cases(settings, found.cases) : found.splits;
  if (!found.splits.empty()) relabel(splits, settings.labeled, settings.root);
  std::map<std::string, const LayoutCase*> by_id;
  for (const auto& one : found.cases) {
    by_id[one.id] = &one;
    auto& test = splits["test"];
    if (one.test && std::find(test.begin(), test.end(), one.id) == test.end()) test.push_back(one.id);
  }

  info_.notes = found.notes;
  const auto& names = !settings.labels.empty() ? settings.labels : found.labels;
  const auto classes =
      names.empty() ? 1 + largest_label(found.cases, splits["labeled"]) : 1 + static_cast<std::int64_t>(names.size());
  info_.labels = make_labels(names, classes);
  if (names.empty()) info_.notes.push_back(fmt::format("{} classes, counted in the label files", classes));
  const bool slices = settings.view == "slices";
  info_.dimensions = slices ? 2 : 3;

  for (const std::string subset : {"labeled", "unlabeled", "val", "test"}) {
    const bool planes = slices && (subset == "labeled" || subset == "unlabeled");
    std::vector<std::size_t> cases;
    for (const auto& name : splits[subset]) {
      const auto place = by_id.find(name);
      if (place == by_id.end())
        throw Error(ErrorKind::data, fmt::format("the subset '{}' names the case '{}', which has no image", subset, name),
                    settings.root);
      const auto& from = *place->second;
      Case one{name, {}};
      for (const auto& image : from.images) one.files.push_back(image.string());
      if (!from.label.empty())
        one.files.push_back(from.label.string());
      else if (subset == "labeled" || subset == "val")
        throw Error(ErrorKind::data, fmt::format("the case '{}' of the subset '{}' has no label", name, subset), settings.root);
      if (planes || (subset == "labeled" && cases.empty())) {
        info_.channels = 0;
        for (const auto& image : from.images) {
          std::vector<std::int64_t> shape;
          read_volume_geometry(image, shape);
          one.depth = shape[1];
          info_.channels += shape[0];
        }
      }
      cases.push_back(add_case(std::move(one)));
      images_[cases.back()] = from.images.size();
    }
    add_subset(subset, cases, planes);
  }
}

Sample FolderSet::read_case(std::size_t index) const {
  const auto& files = at(index).files;
  const auto count = images_.at(index);
  auto image = read_volume(files[0]);
  for (const auto& note : image.notes)
    if (!note.starts_with("grid from")) log::warn_once(files[0] + ": " + note);
  std::vector<at::Tensor> channels{image.data.to(at::kFloat)};
  for (std::size_t i = 1; i < count; ++i) {
    const auto other = read_volume(files[i]);
    if (other.data.sizes().slice(1) != image.data.sizes().slice(1))
      throw Error(ErrorKind::data, "its size is not that of " + files[0], files[i]);
    warn_if_apart(other, files[i], image);
    channels.push_back(other.data.to(at::kFloat));
  }
  Sample sample;
  sample.fields["image"] = count == 1 ? channels[0].contiguous() : at::cat(channels);
  sample.geometry = image.geometry;
  sample.header = image.header;
  if (files.size() == count) return sample;
  const auto label = read_volume(files.back(), {.label = true});
  if (label.data.size(0) != 1 || label.data.sizes().slice(1) != image.data.sizes().slice(1))
    throw Error(ErrorKind::data, "its size is not that of " + files[0], files.back());
  warn_if_apart(label, files.back(), image);
  const auto values = ignore_ < 0 ? label.data[0] : label.data[0].masked_fill(label.data[0] == ignore_, 0);
  sample.fields["label"] = checked_label(values, info_.classes(), files.back());
  return sample;
}

}  // namespace plexus::datasets
