#include "npy_layout.hpp"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/npy.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

constexpr std::int64_t kVolumeCache = std::int64_t{1} << 30;  // bytes, for volumes whose planes are asked for

void declare_view(Options& options, std::string& view) {
  options.add("view", view, "training samples: whole volumes, or their planes; val and test are always volumes")
      .one_of({"volumes", "slices"});
}

}  // namespace

void NpyLayoutSettings::declare(Options& options) {
  options.add("root", root, "folder with npy/ and split_txts/").required().path();
  options.add("splits", splits, "folder of the list files; empty: split_txts or splits_txts in root").path();
}

std::vector<std::string> NpyLayoutSettings::list(const std::string& name) const {
  std::filesystem::path folder = splits;
  if (splits.empty()) {
    folder = std::filesystem::path(root) / "split_txts";
    // The repository keeps the lists of MMWHS under the second name.
    if (const auto other = std::filesystem::path(root) / "splits_txts";
        !std::filesystem::exists(folder) && std::filesystem::exists(other))
      folder = other;
  }
  auto ids = read_list(folder / (name + ".txt"));
  std::sort(ids.begin(), ids.end());
  return ids;
}

NpyLayout::NpyLayout(const NpyLayoutSettings& settings, SslRange range, std::vector<Label> labels, int dimensions)
    : CaseSet(kVolumeCache), folder_(std::filesystem::path(settings.root) / "npy"), range_(range), axes_(dimensions) {
  info_.labels = std::move(labels);
  info_.dimensions = dimensions;
}

void NpyLayout::add(const std::string& subset, const std::vector<std::string>& ids, bool slices) {
  std::vector<std::size_t> cases;
  for (const auto& id : ids) {
    Case one{id, {(folder_ / (id + "_image.npy")).string(), (folder_ / (id + "_label.npy")).string()}};
    std::string type;
    if (slices && std::filesystem::exists(one.files[0])) one.depth = npy_shape(one.files[0], type).front();
    cases.push_back(add_case(std::move(one)));
  }
  if (slices) info_.dimensions = 2;
  add_subset(subset, cases, slices);
}

void NpyLayout::require_prepared(const std::string& step) const {
  require_files(files(), "check the option root, or prepare the data with the step " + step);
}

Sample NpyLayout::read_case(std::size_t index) const {
  const auto& files = at(index).files;
  const auto image = read_npy(files[0]), label = read_npy(files[1]);
  if (image.dim() != axes_ || image.sizes() != label.sizes())
    throw Error(ErrorKind::data, fmt::format("image and label are not of one shape of {} axes", axes_), files[0]);
  Sample sample;
  sample.fields["image"] = loaded_range(image, range_).unsqueeze(0);
  // As published, -1 stands for nothing.
  sample.fields["label"] = checked_label(label.clamp_min(0), info_.classes(), files[1]);
  return sample;
}

void LeftAtriumNpy::Settings::declare(Options& options) {
  NpyLayoutSettings::declare(options);
  options.add("ratio", ratio, "of labelled training volumes, as the lists' names say it").alias("labeled");
}

LeftAtriumNpy::LeftAtriumNpy(const Settings& settings)
    : NpyLayout(settings, SslRange::whole, make_labels({"left atrium"}, 2), 3) {
  add("labeled", settings.list("labeled_" + settings.ratio));
  add("unlabeled", settings.list("unlabeled_" + settings.ratio));
  add("val", settings.list("eval_" + settings.ratio));
  add("test", settings.list("test"));
  require_prepared("la_npy");
  info_.notes.emplace_back("validation looks at the volumes of the list eval, as published the labelled ones");
}

void Synapse::Settings::declare(Options& options) {
  NpyLayoutSettings::declare(options);
  options.add("ratio", ratio, "of labelled training volumes, as the lists' names say it").alias("labeled");
  declare_view(options, view);
}

Synapse::Synapse(const Settings& settings)
    : NpyLayout(settings, SslRange::abdomen,
                make_labels(
                    {"spleen", "right kidney", "left kidney", "gallbladder", "esophagus", "liver", "stomach", "aorta",
                     "inferior vena cava", "portal and splenic veins", "pancreas", "right adrenal gland", "left adrenal gland"},
                    14),
                3) {
  add("labeled", settings.list("labeled_" + settings.ratio), settings.view == "slices");
  add("unlabeled", settings.list("unlabeled_" + settings.ratio), settings.view == "slices");
  add("val", settings.list("eval"));
  add("test", settings.list("test"));
  require_prepared("synapse_npy");
}

void Mmwhs::Settings::declare(Options& options) {
  NpyLayoutSettings::declare(options);
  options.add("direction", direction, "from the modality with labels to the one without").one_of({"ct2mr", "mr2ct"});
  declare_view(options, view);
}

Mmwhs::Mmwhs(const Settings& settings)
    : NpyLayout(settings, SslRange::whole, make_labels({"myocardium", "left atrium", "left ventricle", "ascending aorta"}, 5),
                3) {
  add("labeled", settings.list("train_" + settings.direction + "_labeled"), settings.view == "slices");
  add("unlabeled", settings.list("train_" + settings.direction + "_unlabeled"), settings.view == "slices");
  add("val", settings.list("eval_" + settings.direction));
  add("test", settings.list(settings.direction == "ct2mr" ? "test_mr" : "test_ct"));
  require_prepared("mmwhs_npy");
  info_.notes.emplace_back("validation uses labels of the target modality");
}

void Mnms::Settings::declare(Options& options) {
  NpyLayoutSettings::declare(options);
  options.add("target", target, "vendor without labels").one_of({"A", "B", "C", "D"});
  options.add("ratio", ratio, "of labelled patients of each other vendor, as the lists' names say it").alias("labeled");
  options.add("view", view, "whole frames, or their planes").one_of({"volumes", "slices"});
}

Mnms::Mnms(const Settings& settings)
    : NpyLayout(settings, SslRange::percentiles, make_labels({"left ventricle", "myocardium", "right ventricle"}, 4),
                settings.view == "slices" ? 2 : 3) {
  std::map<std::string, std::vector<std::string>> planes;
  const auto folder = std::filesystem::path(settings.root) / "npy";
  if (settings.view == "slices" && std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto name = entry.path().filename().string();
      if (!name.ends_with("_image.npy")) continue;
      const auto id = name.substr(0, name.size() - 10);
      planes[id.substr(0, id.rfind('_'))].push_back(id);
    }
  }
  const auto listed = [&](const std::string& name) {
    const auto frames = settings.list(name);
    if (settings.view == "volumes") return frames;
    std::vector<std::string> ids;
    for (const auto& frame : frames) ids.insert(ids.end(), planes[frame].begin(), planes[frame].end());
    std::sort(ids.begin(), ids.end());
    if (ids.empty())
      throw Error(ErrorKind::data, "holds no planes of the list " + name, folder.string(),
                  "prepare them with the step mnms_npy, view: slices");
    return ids;
  };
  const auto to = settings.target, ratio = settings.ratio;
  add("labeled", listed(fmt::format("train_to{}_labeled_{}", to, ratio)));
  add("unlabeled", listed(fmt::format("train_to{}_unlabeled_{}", to, ratio)));
  const auto test = listed(fmt::format("test_to{}_{}", to, ratio));
  add("val", test);
  add("test", test);
  require_prepared("mnms_npy");
  info_.notes.emplace_back("validation looks at the test set, on which the best model is chosen");
}

}  // namespace plexus::datasets
