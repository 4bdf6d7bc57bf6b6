#include "retina.hpp"

#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/clahe.hpp>
#include <plexus/data/stretch.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void no_subset(const std::string& name) {
  throw Error(ErrorKind::data, fmt::format("no subset '{}'", name), "data");
}

DataInfo vessel_info(std::int64_t channels) {
  DataInfo info;
  info.channels = channels;
  info.labels = make_labels({"vessel"}, 2);
  info.dimensions = 2;
  return info;
}

}  // namespace

RetinaPatch retina_patch(const at::Tensor& image, const at::Tensor& mask, std::int64_t row, std::int64_t column,
                         const std::vector<std::int64_t>& size, bool stretch) {
  const auto cut = [&](const at::Tensor& of) {
    return of.slice(-2, row, row + size[0]).slice(-1, column, column + size[1]).contiguous();
  };
  RetinaPatch patch;
  if (image.defined()) patch.image = stretch ? stretched(cut(image), -1, 1) : cut(image);
  if (mask.defined()) patch.mask = cut(mask);
  return patch;
}

void Retina::Settings::declare(Options& options) {
  options.add("root", root, "data dictionary (.pickle, .pkl, .h5), a folder with retina_data.pickle, or one with SET/img and SET/gt")
      .required()
      .path();
  options.add("source", source, "sets with masks to learn from; empty: all that have masks and are not named elsewhere");
  options.add("target", target, "sets of the other modality, whose masks are not looked at");
  options.add("val", val, "sets for validation");
  options.add("test", test, "sets for testing");
  options.add("fundus", fundus,
              "sets of photographs: their green channel is inverted and evened by CLAHE, so that vessels are bright everywhere");
  options.add("fundus_clip", fundus_clip, "clip limit of that CLAHE; 0: none, the channel is only inverted").range(0);
  options.add("view", view, "training samples: whole images or patches").one_of({"images", "patches"});
  options.add("patch", patch, "height and width").unit("pixels").range(1, 65536);
  options.add("samples", samples, "patches of an image in each epoch").range(1, 1000000);
  options.add("corners", corners, "of the patches: the same in every epoch, as published, or fresh ones")
      .one_of({"fixed", "fresh"});
  options.add("rows", rows, "first and last row (excluded) of the window that patches come from; empty: all").unit("pixels");
  options.add("columns", columns, "first and last column (excluded) of that window; empty: all").unit("pixels");
  options.add("stretch", stretch, "patches stretched to [-1, 1] by their own range over the three channels");
  options.add("channel", channel, "the one that is given, after stretching (1, the green one, in AdaptDiff); -1: all three")
      .range(-1, 2);
  options.add("seed", seed, "of fixed corners");
  options.rule([this]() -> std::string {
    if (patch.size() != 2) return "patch: expected two numbers, height and width";
    if ((!rows.empty() && rows.size() != 2) || (!columns.empty() && columns.size() != 2))
      return "rows, columns: expected two numbers, first and last";
    return "";
  });
}

Retina::Retina(const Settings& settings) : settings_(settings) {
  fs::path root = settings.root;
  if (fs::exists(root / "retina_data.pickle")) root /= "retina_data.pickle";
  files_ = {root.string()};
  std::vector<std::string> asked;
  for (const auto* names : {&settings.source, &settings.target, &settings.val, &settings.test})
    asked.insert(asked.end(), names->begin(), names->end());
  std::vector<std::pair<std::string, RetinaSet>> sets;
  if (fs::is_directory(root)) {
    if (asked.empty() || settings.source.empty())
      for (const auto& entry : fs::directory_iterator(root))
        if (fs::is_directory(entry.path() / "img")) asked.push_back(entry.path().filename().string());
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    for (const auto& name : asked) sets.emplace_back(name, read_retina_folder(root / name));
  } else if (root.extension() == ".h5") {
    for (const auto& name : asked) sets.emplace_back(name, read_retina_h5(root, name));
  } else {
    sets = read_retina_dictionary(root);
  }
  for (const auto& name : asked)
    if (std::none_of(sets.begin(), sets.end(), [&](const auto& set) { return set.first == name; }))
      throw Error(ErrorKind::configuration, fmt::format("holds no set '{}'", name), root.string());

  const auto named = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& name : settings.fundus)
    if (std::none_of(sets.begin(), sets.end(), [&](const auto& set) { return set.first == name; }))
      throw Error(ErrorKind::configuration, fmt::format("fundus names '{}', which is no set in use", name), root.string());
  for (const auto& [name, set] : sets) {
    const bool photographs = named(settings.fundus, name);
    const bool elsewhere = named(settings.target, name) || named(settings.val, name) || named(settings.test, name);
    std::vector<std::string> subsets;
    const bool has_masks = std::all_of(set.masks.begin(), set.masks.end(), [](const auto& mask) { return mask.defined(); });
    if (named(settings.source, name) || (settings.source.empty() && !elsewhere && has_masks)) subsets.emplace_back("labeled");
    if (named(settings.target, name)) subsets.emplace_back("unlabeled");
    if (named(settings.val, name)) subsets.emplace_back("val");
    if (named(settings.test, name)) subsets.emplace_back("test");
    for (std::size_t i = 0; i < set.images.size() && !subsets.empty(); ++i) {
      images_.push_back(
          {name + "_" + set.names[i], photographs ? prepared_fundus(set.images[i], settings.fundus_clip) : set.images[i], set.masks[i]});
      for (const auto& subset : subsets) {
        if (!set.masks[i].defined() && (subset == "labeled" || subset == "val"))
          throw Error(ErrorKind::data, fmt::format("'{}' has no mask, which the subset '{}' needs", images_.back().id, subset),
                      root.string());
        const bool patches = settings.view == "patches" && subset.ends_with("labeled");
        for (std::int64_t k = 0; k < (patches ? settings.samples : 1); ++k)
          items_.push_back({images_.size() - 1, patches ? k : -1, subset});
      }
    }
  }
}

DataInfo Retina::info() const { return vessel_info(settings_.channel < 0 ? 3 : 1); }

std::vector<std::size_t> Retina::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end()) no_subset(name);
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample Retina::describe(std::size_t index) const {
  const auto& item = items_.at(index);
  Sample sample;
  sample.case_id = images_[item.of].id;
  sample.id = item.patch < 0 ? sample.case_id : fmt::format("{}_patch_{}", sample.case_id, item.patch);
  return sample;
}

Sample Retina::get(std::size_t index, Rng& rng) const {
  const auto& item = items_.at(index);
  const auto& whole = images_[item.of];
  auto sample = describe(index);
  auto image = whole.image.clone(), mask = whole.mask.defined() ? whole.mask.clone() : at::Tensor();
  if (item.patch >= 0) {
    Rng fixed = Rng(static_cast<std::uint64_t>(settings_.seed)).fork(sample.id);
    Rng& draws = settings_.corners == "fixed" ? fixed : rng;
    const auto corner = [&](std::int64_t length, std::int64_t patch, const std::vector<std::int64_t>& window) {
      const auto first = window.empty() ? 0 : window[0], last = window.empty() ? length : std::min(window[1], length);
      if (last - first < patch)
        throw Error(ErrorKind::data, fmt::format("has {} pixels for patches of {}", last - first, patch), whole.id,
                    "choose a smaller patch");
      return first + draws.integer(0, last - first - patch + 1);
    };
    const auto row = corner(image.size(1), settings_.patch[0], settings_.rows),
               column = corner(image.size(2), settings_.patch[1], settings_.columns);
    const auto patch = retina_patch(image, mask, row, column, settings_.patch, settings_.stretch);
    image = patch.image, mask = patch.mask;
  }
  sample.fields["image"] =
      settings_.channel < 0 ? image : image.slice(0, settings_.channel, settings_.channel + 1).contiguous();
  if (mask.defined())
    sample.fields["label"] = mask;
  else if (item.subset == "unlabeled")
    sample.fields["label"] = at::zeros(image.sizes().slice(1), at::kByte);
  return sample;
}

at::Tensor prepared_fundus(const at::Tensor& image, double clip_limit) {
  const auto green = stretched(image[1].to(at::kFloat), 0, 1);
  const auto bytes = ((green.max() - green) * 255).to(at::kByte);
  return stretched(clip_limit > 0 ? clahe(bytes, clip_limit, 8, 8) : bytes, 0, 1).expand({3, image.size(1), image.size(2)}).contiguous();
}

void RetinaPairs::Settings::declare(Options& options) {
  options.add("root", root, "pairs of image and mask, .pickle or .h5").required().path();
  options.add("val", val, "pairs kept for validation, the last ones").range(0).unit("pairs");
}

RetinaPairs::RetinaPairs(const Settings& settings) : settings_(settings), pairs_(read_retina_pairs(settings.root)) {
  if (settings.val >= static_cast<std::int64_t>(pairs_.size()))
    throw Error(ErrorKind::configuration, fmt::format("{} pairs for validation leave none of {}", settings.val, pairs_.size()),
                settings.root);
}

DataInfo RetinaPairs::info() const { return vessel_info(1); }

std::vector<std::size_t> RetinaPairs::subset(const std::string& name) const {
  if (name != "labeled" && name != "val") no_subset(name);
  const auto border = pairs_.size() - static_cast<std::size_t>(settings_.val);
  std::vector<std::size_t> indices;
  for (std::size_t i = name == "val" ? border : 0; i < (name == "val" ? pairs_.size() : border); ++i) indices.push_back(i);
  return indices;
}

Sample RetinaPairs::describe(std::size_t index) const {
  Sample sample;
  sample.id = sample.case_id = fmt::format("pair_{}", index);
  return sample;
}

Sample RetinaPairs::get(std::size_t index, Rng&) const {
  auto sample = describe(index);
  const auto& [image, mask] = pairs_.at(index);
  sample.fields["image"] = image.clone().unsqueeze(0);
  sample.fields["label"] = whole_mask(mask);
  return sample;
}

}  // namespace plexus::datasets
