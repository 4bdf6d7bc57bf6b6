#include "two_splits.hpp"

#include "lists.hpp"

namespace plexus::datasets {
namespace {

std::string in(const TwoSplitsSettings& settings, const char* list) { return (settings.lists() / list).string(); }

}  // namespace

void TwoSplitsSettings::declare(Options& options) {
  options.add("root", root, "folder with data/, and split1/ and split2/ or the lists of one split").required().path();
  options.add("split", split, "which of the two partitions of the patients").range(1, 2);
  options.add("splits", splits, "folder of the list files; empty: root").path();
  options.add("labeled", labeled, "labelled patients: the first of the training list")
      .range(1)
      .unit("patients")
      .alias("labeled_num")
      .alias("labelnum");
}

std::filesystem::path TwoSplitsSettings::lists() const {
  const std::filesystem::path folder = splits.empty() ? root : splits;
  const auto own = folder / ("split" + std::to_string(split));
  return std::filesystem::is_directory(own) ? own : folder;
}

MsCmrSeg19::MsCmrSeg19(const Settings& settings)
    : SliceLayout(settings.root, {in(settings, "train_slices.list"), in(settings, "val.list"), in(settings, "val.list")},
                  settings.labeled, make_labels({"right ventricle", "myocardium", "left ventricle"}, 4),
                  "check the option root, or prepare the data with the step mscmrseg19_h5") {}

Prostate::Prostate(const Settings& settings)
    : SliceLayout(settings.root, {in(settings, "train_slices.list"), in(settings, "val.list"), in(settings, "val.list")},
                  settings.labeled, make_labels({"peripheral zone", "transition zone"}, 3),
                  "check the option root, or prepare the data with the step prostate_h5") {}

}  // namespace plexus::datasets
