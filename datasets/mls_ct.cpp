#include "mls_ct.hpp"

#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/npy.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

constexpr std::int64_t kWhole = -1, kDrawn = -2;

}  // namespace

void MlsCt::Settings::declare(Options& options) {
  options.add("root", root, "metadata of the training cases (.pkl or .json), or a folder with train.json, val.json, test.json")
      .required()
      .path();
  options.add("val", val, "metadata of the validation cases; empty: none").path();
  options.add("test", test, "metadata of the test cases; empty: the validation cases").path();
  options.add("data", data, "folder that relative paths of volumes start from; empty: the metadata's, else the current one")
      .path();
  options.add("draw", draw, "training samples: every slice, or one at random of each case").one_of({"slices", "cases"});
  options.add("first_slice", first_slice, "the first that is used").range(0);
  options.add("skip_last", skip_last, "the last that is used is this many below the number of slices").range(1);
  options
      .add("semi_prop", semi_prop,
           "draw: slices: share of the cases, drawn by a number each, whose slices without landmarks are used as well")
      .range(0, 1);
  options.add("semi_seed", semi_seed, "of those numbers");
  options.add("repeat", repeat, "draw: cases: how often a case with shift counts, against imbalance").range(1, 1000);
  options.add("volume_cache", volume_cache, "memory for volumes").range(0).unit("MiB").no_effect();
}

std::size_t MlsCt::add(const std::string& metadata) {
  const auto first = records_.size();
  const auto base =
      settings_.data.empty() ? std::filesystem::path(metadata).parent_path() : std::filesystem::path(settings_.data);
  for (auto& record : read_mls_metadata(metadata)) {
    std::filesystem::path path = record.path;
    if (path.is_relative() && (std::filesystem::exists(base / path) || !std::filesystem::exists(path))) path = base / path;
    if (!std::filesystem::exists(path))
      throw Error(ErrorKind::data, fmt::format("does not exist; the case '{}' needs it", record.id), path.string(),
                  "set `data` to the folder that the paths in the metadata start from");
    std::string type;
    const auto shape = npy_shape(path, type);
    if (shape.size() != 3) throw Error(ErrorKind::data, fmt::format("has {} axes instead of 3", shape.size()), path.string());
    if (settings_.first_slice >= slices_.end(shape[0]))
      throw Error(ErrorKind::data,
                  fmt::format("has {} slices; those from {} to {} below their number are used", shape[0], settings_.first_slice,
                              settings_.skip_last),
                  path.string());
    paths_.push_back(path.string());
    depths_.push_back(shape[0]);
    records_.push_back(std::move(record));
  }
  return first;
}

MlsCt::MlsCt(const Settings& settings) : settings_(settings), cache_(settings.volume_cache << 20) {
  slices_ = {settings.first_slice, settings.skip_last};
  if (std::filesystem::is_directory(settings.root)) {
    const std::filesystem::path folder = settings.root;
    settings_.root = (folder / "train.json").string();
    for (auto* file : {&settings_.val, &settings_.test}) {
      const auto own = folder / (file == &settings_.val ? "val.json" : "test.json");
      if (file->empty() && std::filesystem::exists(own)) *file = own.string();
    }
  }
  if (settings_.test.empty()) settings_.test = settings_.val;
  add(settings_.root);
  for (std::size_t of = 0; of < records_.size(); ++of) {
    if (settings_.draw == "cases") {
      for (std::int64_t copy = 0; copy < (records_[of].positive ? settings_.repeat : 1); ++copy)
        items_.push_back({of, kDrawn, "train"});
      continue;
    }
    auto drawn = Rng(static_cast<std::uint64_t>(settings_.semi_seed)).fork("semi_prop").fork(records_[of].id);
    const bool unlabelled_too = drawn.uniform() < settings_.semi_prop;
    for (auto slice = slices_.first; slice < slices_.end(depths_[of]); ++slice)
      if (unlabelled_too || records_[of].landmarks.count(slice) > 0) items_.push_back({of, slice, "train"});
  }
  if (!settings_.val.empty())
    for (auto of = add(settings_.val); of < records_.size(); ++of)
      for (const auto& [slice, points] : records_[of].landmarks)
        // Slices beyond the volume are of another file.
        if (slice >= 0 && slice < depths_[of]) items_.push_back({of, slice, "val"});
  if (!settings_.test.empty())
    for (auto of = add(settings_.test); of < records_.size(); ++of) items_.push_back({of, kWhole, "test"});
}

DataInfo MlsCt::info() const {
  DataInfo info;
  info.labels = make_labels({"head"}, 2);
  info.dimensions = 2;
  return info;
}

std::vector<std::string> MlsCt::subsets() const { return {"labeled", "unlabeled", "all", "normal", "val", "test"}; }

std::vector<std::size_t> MlsCt::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, fmt::format("no subset '{}'; there are {}", name, join(names, ", ")), "data");
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const auto& item = items_[i];
    const auto& record = records_[item.of];
    const bool known = item.slice >= 0 ? record.landmarks.count(item.slice) > 0 : !record.landmarks.empty();
    const bool in = name == "val" || name == "test" ? item.part == name
                    : item.part != "train"          ? false
                    : name == "all"                 ? true
                    : name == "normal"              ? !record.positive
                                                    : known == (name == "labeled");
    if (in) indices.push_back(i);
  }
  return indices;
}

Sample MlsCt::describe(std::size_t index) const {
  const auto& item = items_.at(index);
  Sample sample;
  sample.case_id = records_[item.of].id;
  sample.slice = std::max<std::int64_t>(item.slice, -1);
  sample.id = item.slice >= 0 ? fmt::format("{}_slice_{}", sample.case_id, item.slice) : sample.case_id;
  return sample;
}

Sample MlsCt::get(std::size_t index, Rng& rng) const {
  const auto& item = items_.at(index);
  const auto& record = records_[item.of];
  auto sample = describe(index);
  const auto volume = cache_
                          .get(item.of,
                               [&] {
                                 Sample read;
                                 read.fields["hu"] = read_npy(paths_[item.of]);
                                 return read;
                               })
                          ->fields.at("hu");
  const auto slice = item.slice == kDrawn ? rng.integer(slices_.first, slices_.end(depths_[item.of])) : item.slice;
  sample.fields["shift"] = at::full({1}, record.mls, at::kDouble);
  sample.fields["shift_mm"] = at::full({1}, record.millimetres(), at::kDouble);
  sample.fields["spacing"] = at::empty({2}, at::kDouble);
  std::copy(record.spacing.begin(), record.spacing.end(), sample.fields["spacing"].mutable_data_ptr<double>());
  const bool whole = item.slice == kWhole;
  if (record.geometry.known) {
    sample.geometry = whole ? record.geometry : shifted(record.geometry, {0, 0, static_cast<double>(slice)});
  } else if (record.spacing[0] > 0) {
    sample.geometry.spacing = {record.spacing[0], record.spacing[1], 1};
    sample.geometry.known = !whole;  // how far slices lie apart is not kept
  }
  if (whole) sample.source = record.scan;
  sample.fields["image"] = (whole ? volume : volume[slice]).to(at::kFloat).unsqueeze(0).clone();
  if (whole || item.slice == kDrawn) return sample;
  const auto points = record.landmarks.find(slice);
  const bool known = points != record.landmarks.end();
  sample.fields["landmarks"] = known ? points->second.clone() : at::ones({4, 2}, at::kDouble);
  sample.fields["known"] = at::full({1}, known ? 1 : 0, at::kLong);
  return sample;
}

std::vector<std::string> MlsCt::files() const {
  std::vector<std::string> all{settings_.root};
  for (const auto* metadata : {&settings_.val, &settings_.test})
    if (!metadata->empty()) all.push_back(*metadata);
  all.insert(all.end(), paths_.begin(), paths_.end());
  return all;
}

}  // namespace plexus::datasets
