#pragma once
#include "slice_layout.hpp"

namespace plexus::datasets {

// ACDC, or any set of one's own in the slice layout, with train_slices.list, val.list and test.list in ROOT
// (or in the folder `splits`).
class Acdc final : public SliceLayout {
 public:
  struct Settings {
    std::string root, splits, train_list = "train_slices.list", val_list = "val.list", test_list = "test.list";
    std::int64_t labeled = 7, classes = 4;
    std::vector<std::string> labels{"right ventricle", "myocardium", "left ventricle"};
    void declare(Options& options);
    std::string list(const std::string& name) const;  // its path
  };
  explicit Acdc(const Settings& settings);
};

}  // namespace plexus::datasets
