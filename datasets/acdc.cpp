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
  options.add("train_list", train_list, "list of training slices, in root");
  options.add("val_list", val_list, "list of validation volumes, in root");
  options.add("test_list", test_list, "list of test volumes, in root");
}

Acdc::Acdc(const Settings& settings)
    : SliceLayout(settings.root,
                  {(std::filesystem::path(settings.root) / settings.train_list).string(),
                   (std::filesystem::path(settings.root) / settings.val_list).string(),
                   (std::filesystem::path(settings.root) / settings.test_list).string()},
                  settings.labeled, make_labels(settings.labels, settings.classes),
                  "check the option root, or prepare the data with the step acdc_h5 or slices_h5") {}

}  // namespace plexus::datasets
