#include "la.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/data/h5.hpp>

#include "la_volume.hpp"
#include "lists.hpp"

namespace plexus::datasets {

void LeftAtrium::Settings::declare(Options& options) {
  options.add("root", root, "folder with train.list, test.list and '2018LA_Seg_Training Set'").required().path();
  options.add("splits", splits, "folder of train.list and test.list; empty: root").path();
  options.add("view", view, "training samples: whole volumes, or slices along z; val and test are always volumes")
      .one_of({"volumes", "slices"});
  options.add("axes", axes, "order of the samples' axes: z first, as other sets have it, or as in the files (GenericSSL)")
      .one_of({"zyx", "xyz"});
  options.add("labeled", labeled, "labelled volumes: the first of train.list that are there")
      .range(1)
      .unit("volumes")
      .alias("labeled_num")
      .alias("labelnum");
  options.add("missing", missing, "listed volumes that are not there: an error, or left out and reported")
      .one_of({"error", "skip"});
  options.add("order", order, "of the training ids: as train.list has them, or sorted").one_of({"list", "sorted"});
  options.add("validation", validation, "volumes of the subset val").one_of({"labeled", "test", "none"});
  options.rule([this] { return view == "slices" && axes == "xyz" ? "slices lie along z: they need axes: zyx" : ""; });
  options.add("volume_cache", volume_cache, "memory for volumes whose slices are asked for").range(0).unit("MiB").no_effect();
}

LeftAtrium::LeftAtrium(const Settings& settings) : CaseSet(settings.volume_cache << 20), turned_(settings.axes == "zyx") {
  const std::filesystem::path root = settings.root;
  std::vector<std::string> lacking;
  std::size_t listed = 0;
  const bool slices = settings.view == "slices";
  const auto cases = [&](const char* list, bool sorted, bool planes) {
    auto names = read_list((settings.splits.empty() ? root : std::filesystem::path(settings.splits)) / list);
    if (sorted) std::sort(names.begin(), names.end());
    listed += names.size();
    std::vector<std::size_t> found;
    for (const auto& name : names) {
      const auto file = la_file(root, name);
      if (!std::filesystem::exists(file)) {
        lacking.push_back(file.string());
        continue;
      }
      Case one{name, {file.string()}};
      if (planes) {
        const auto shape = h5_shape(file, "image");
        if (shape.size() != 3)
          throw Error(ErrorKind::data, fmt::format("'image' has {} axes instead of 3", shape.size()), file.string());
        one.depth = shape[2];
      }
      found.push_back(add_case(std::move(one)));
    }
    return found;
  };
  const auto train = cases("train.list", settings.order == "sorted", slices), test = cases("test.list", false, false);
  if (!lacking.empty() && settings.missing == "error")
    require_files(lacking, "set root, or missing: skip to go on without them");
  if (!lacking.empty()) {
    info_.notes.push_back(fmt::format("{} of {} listed volumes are there", listed - lacking.size(), listed));
    log::warn_once("la: " + info_.notes.back());
  }
  if (settings.validation == "labeled") info_.notes.emplace_back("validation looks at the labelled training volumes");
  const auto labeled = static_cast<std::size_t>(settings.labeled);
  if (train.size() < labeled)
    throw Error(ErrorKind::data,
                fmt::format("{} labelled volumes are asked for; {} training volumes are there", labeled, train.size()),
                settings.root);
  const std::vector<std::size_t> first(train.begin(), train.begin() + static_cast<std::ptrdiff_t>(labeled));
  const std::vector<std::size_t> rest(train.begin() + static_cast<std::ptrdiff_t>(labeled), train.end());
  info_.labels = make_labels({"left atrium"}, 2);
  info_.dimensions = slices ? 2 : 3;
  add_subset("labeled", first, slices);
  add_subset("unlabeled", rest, slices);
  add_subset("val",
             settings.validation == "labeled" ? first
             : settings.validation == "test"  ? test
                                              : std::vector<std::size_t>(),
             false);
  add_subset("test", test, false);
}

Sample LeftAtrium::read_case(std::size_t index) const {
  const auto& file = at(index).files.front();
  Sample sample;
  const auto [image, label] = read_la(file);
  const auto ordered = [this](const at::Tensor& xyz) {
    return turned_ ? xyz.permute({2, 1, 0}).contiguous() : xyz.contiguous();
  };
  sample.fields["image"] = ordered(image).unsqueeze(0);
  sample.fields["label"] = ordered(checked_label(label, info_.classes(), file));
  return sample;
}

}  // namespace plexus::datasets
