#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// The slice layout of the semi-supervised field:
//   ROOT/data/slices/<case>_slice_<n>.h5   image [H, W], label [H, W]; training
//   ROOT/data/<case>.h5                    image [D, H, W], label [D, H, W]; validation and test
//   ROOT/train_slices.list (ordered: the labelled ones first), val.list, test.list
// Any numeric type is read. Files that Plexus wrote carry their geometry in attributes; others have none.
class Acdc final : public Dataset {
 public:
  struct Settings {
    std::string root, train_list = "train_slices.list", val_list = "val.list", test_list = "test.list";
    std::int64_t labeled = 7, classes = 4;
    std::vector<std::string> labels{"right ventricle", "myocardium", "left ventricle"};
    void declare(Options& options);
  };
  explicit Acdc(Settings settings);

  DataInfo info() const override;
  std::vector<std::string> subsets() const override;
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  std::vector<std::string> files() const override;

 private:
  struct Item {
    std::string name, file, subset;
  };
  void add(const std::vector<std::string>& names, const std::string& subset, const std::string& folder);
  Settings settings_;
  std::vector<Item> items_;
};

}  // namespace plexus::datasets
