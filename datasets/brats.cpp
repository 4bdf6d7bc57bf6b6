#include "brats.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/percentiles.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

constexpr std::array kModalities{"t1", "t1ce", "t2", "flair"};

bool is_kind(const std::string& piece) {
  return piece == "seg" || std::find(kModalities.begin(), kModalities.end(), piece) != kModalities.end();
}

// "BraTS20_Training_001_t1ce.nii.gz" -> "t1ce"; "brats_train_001_t1_123_w.nii.gz" -> "t1"; else "".
std::string kind_of(const fs::path& file) {
  const auto pieces = split(volume_stem(file), '_');
  if (is_kind(pieces.back())) return pieces.back();
  return pieces.size() > 4 && is_kind(pieces[3]) ? pieces[3] : "";
}

// The folders below root that hold all four modalities, by name, with their files by kind.
std::map<std::string, std::map<std::string, fs::path>> patients_in(const fs::path& root) {
  if (!fs::is_directory(root)) throw Error(ErrorKind::data, "is no folder", root.string(), "give the folder of the patients");
  std::map<std::string, std::map<std::string, fs::path>> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || !is_volume_file(entry.path()) || entry.path().filename().string().starts_with('.'))
      continue;
    if (const auto kind = kind_of(entry.path()); !kind.empty()) {
      const auto [place, fresh] = found[fs::relative(entry.path().parent_path(), root).string()].emplace(kind, entry.path());
      if (!fresh)
        throw Error(ErrorKind::data, fmt::format("is a second {} beside {}", kind, place->second.filename().string()),
                    entry.path().string());
    }
  }
  for (const auto& [patient, files] : found)
    for (const char* kind : kModalities)
      if (files.count(kind) == 0)
        throw Error(ErrorKind::data, fmt::format("has no file of the modality {}", kind), (root / patient).string());
  if (found.empty())
    throw Error(ErrorKind::data, "holds no file …_t1.nii.gz, …_t1ce.nii.gz, …_t2.nii.gz or …_flair.nii.gz", root.string(),
                "set root");
  return found;
}

void scale(at::Tensor& channel, const std::string& rule) {
  if (rule == "none") return;
  double low = 0, high = 0;
  if (rule == "minmax") {
    low = channel.min().item<double>();
    high = channel.max().item<double>();
  } else {
    const auto bound = percentiles(channel, {99}, channel.ne(0).contiguous());
    if (bound.empty()) return;
    high = bound.front();
    channel.clamp_(std::nullopt, high);
  }
  if (high > low) channel.sub_(low).div_(high - low);
}

}  // namespace

BratsItem brats_item(const at::Tensor& modalities, const at::Tensor& truth, std::int64_t size, bool cut_borders) {
  const auto resized = [&](const at::Tensor& of) {
    const auto kept = cut_borders ? of.slice(-2, 8, of.size(-2) - 8).slice(-1, 8, of.size(-1) - 8) : of;
    return at::_upsample_bilinear2d_aa(kept.to(at::kFloat).contiguous().unsqueeze(0), {size, size}, false)[0];
  };
  return {resized(modalities), truth.defined() ? resized((truth > 0).unsqueeze(0)) : at::Tensor()};
}

void Brats::Settings::declare(Options& options) {
  options.add("root", root, "folder of the patients").required().path();
  options.add("view", view, "training samples: planes or whole volumes; val and test are always volumes")
      .one_of({"slices", "volumes"});
  options
      .add(
          "intensity", intensity,
          "none: as stored, as published; minmax: to [0, 1]; percentile01: clipped at the 99th percentile of what is not 0 and "
          "divided by it; for each volume and modality")
      .one_of({"none", "minmax", "percentile01"});
  options.add("axes", axes, "of the planes: published: rows along the first axis of the files; image: along the second")
      .one_of({"published", "image"});
  options.add("classes", classes, "whole: all of the tumour is one; all: necrosis, edema and enhancing tumour (1, 2, 4)")
      .one_of({"whole", "all"});
  options.add("image_size", image_size, "view: slices: height and width that planes are brought to; 0: as they are")
      .unit("pixels")
      .range(0, 8192);
  options
      .add("threshold", threshold,
           "classes: whole: a resized mask above it is foreground; 0 as published widens masks by a rim")
      .range(0, 0.999);
  options.add("val", val, "patients for validation").range(0).unit("patients");
  options.add("test", test, "patients for testing").range(0).unit("patients");
  options.add("volume_cache", volume_cache, "memory for volumes whose planes are asked for").range(0).unit("MiB").no_effect();
  options.rule([this]() -> std::string {
    return classes == "all" && view == "slices" && image_size > 0
               ? "classes: all needs image_size: 0; resize planes with a transform"
               : "";
  });
}

Brats::Brats(const Settings& settings) : CaseSet(settings.volume_cache << 20), settings_(settings) {
  const bool slices = settings.view == "slices";
  info_.channels = 4;
  info_.dimensions = slices ? 2 : 3;
  info_.labels =
      settings.classes == "whole" ? make_labels({"tumour"}, 2) : make_labels({"necrosis", "edema", "enhancing tumour"}, 4);
  std::vector<std::size_t> labelled, others;
  for (const auto& [patient, files] : patients_in(settings.root)) {
    std::vector<std::int64_t> shape;
    read_volume_geometry(files.at("t1"), shape);
    planar_files_ = planar_files_ || shape[1] == 1;
    Case one{fs::path(patient).filename().string(), {}, shape[1]};
    for (const char* kind : kModalities) one.files.push_back(files.at(kind).string());
    const bool has_truth = files.count("seg") > 0;
    if (has_truth) one.files.push_back(files.at("seg").string());
    const auto index = add_case(std::move(one));
    truth_[index] = has_truth;
    (has_truth ? labelled : others).push_back(index);
  }
  const auto count = static_cast<std::int64_t>(labelled.size()), train = count - settings.val - settings.test;
  if (train < 0)
    throw Error(ErrorKind::configuration,
                fmt::format("{} val and {} test patients are asked for; {} have a truth", settings.val, settings.test, count),
                settings.root);
  const auto part = [&](std::int64_t from, std::int64_t to) {
    return std::vector<std::size_t>(labelled.begin() + from, labelled.begin() + to);
  };
  auto test = part(train + settings.val, count);
  test.insert(test.end(), others.begin(), others.end());
  add_subset("labeled", part(0, train), slices);
  add_subset("val", part(train, train + settings.val), false);
  add_subset("test", test, false);
}

Sample Brats::read_case(std::size_t index) const {
  const auto& files = at(index).files;
  Sample sample;
  std::vector<at::Tensor> channels;
  for (std::size_t i = 0; i < kModalities.size(); ++i) {
    const auto volume = read_volume(files[i]);
    if (i == 0) {
      sample.geometry = volume.geometry;
      sample.header = volume.header;
    }
    if (volume.data.size(0) != 1 || (i > 0 && volume.data[0].sizes() != channels[0].sizes()))
      throw Error(ErrorKind::data, "its size is not that of " + files[0], files[i]);
    channels.push_back(volume.data[0].to(at::kFloat).clone());
    scale(channels.back(), settings_.intensity);
  }
  sample.fields["image"] = at::stack(channels);
  if (truth_.at(index)) {
    const auto truth = read_volume(files.back(), {.label = true}).data;
    if (truth[0].sizes() != channels[0].sizes())
      throw Error(ErrorKind::data, "its size is not that of " + files[0], files.back());
    sample.fields["label"] = settings_.classes == "whole"
                                 ? (truth[0] > 0).to(at::kByte)
                                 : mapped_label(truth[0], {{1, 1}, {2, 2}, {3, 3}, {4, 3}}, files.back());
  }
  if (planar_files_) transforms::cut(sample, {0, 8, 8}, {at(index).depth, channels[0].size(1) - 16, channels[0].size(2) - 16});
  if (settings_.axes == "published") transforms::permute(sample, {1, 0, 2});
  return sample;
}

Sample Brats::get(std::size_t index, Rng& rng) const {
  auto sample = CaseSet::get(index, rng);
  if (settings_.view != "slices" || sample.slice < 0 || settings_.image_size == 0) return sample;
  const auto& image = sample.fields.at("image");
  const auto label = sample.fields.find("label");
  const auto item = brats_item(image, label == sample.fields.end() ? at::Tensor() : label->second, settings_.image_size, false);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto ratio =
        static_cast<double>(image.size(2 - static_cast<std::int64_t>(axis))) / static_cast<double>(settings_.image_size);
    for (std::size_t row = 0; row < 3; ++row)
      sample.geometry.origin[row] +=
          sample.geometry.direction[3 * row + axis] * sample.geometry.spacing[axis] * (ratio - 1) / 2;
    sample.geometry.spacing[axis] *= ratio;
  }
  if (item.label.defined()) label->second = (item.label[0] > settings_.threshold).to(at::kByte);
  sample.fields["image"] = item.image;
  return sample;
}

}  // namespace plexus::datasets
