#include "acdc.hpp"

#include <filesystem>

#include "lists.hpp"

namespace plexus::datasets {

void Acdc::Settings::declare(Options& options) {
  options.add("root", root, "folder with data/, train_slices.list, val.list and test.list").required().path();
  options.add("labeled", labeled, "labelled patients: the first of the training list")
      .range(1)
      .unit("patients")
      .alias("labeled_num")
      .alias("labelnum");
  options.add("classes", classes, "with the background").range(2).alias("num_classes");
  options.add("labels", labels, "names of the classes from 1 on");
  options.add("splits", splits, "folder of the list files; empty: root").path();
  options.add("train_list", train_list, "list of training slices");
  options.add("val_list", val_list, "list of validation volumes");
  options.add("test_list", test_list, "list of test volumes");
}

std::string Acdc::Settings::list(const std::string& name) const {
  return (std::filesystem::path(splits.empty() ? root : splits) / name).string();
}

Acdc::Acdc(const Settings& settings)
    : SliceLayout(settings.root,
                  {settings.list(settings.train_list), settings.list(settings.val_list), settings.list(settings.test_list)},
                  settings.labeled, make_labels(settings.labels, settings.classes),
                  "check the option root, or prepare the data with the step acdc_h5 or slices_h5") {}

}  // namespace plexus::datasets
