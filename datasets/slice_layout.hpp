#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// The slice layout of the semi-supervised field:
//   ROOT/data/slices/<case>_slice_<n>.h5   image [H, W], label [H, W]; training
//   ROOT/data/<case>.h5                    image [D, H, W], label [D, H, W]; validation and test
// and three lists of their names; that of the slices is ordered, the labelled ones first.
// Any numeric type is read. Files that Plexus wrote carry their geometry in attributes; others have none.
class SliceLayout : public Dataset {
 public:
  DataInfo info() const override { return info_; }
  std::vector<std::string> subsets() const override;
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  std::vector<std::string> files() const override;

 protected:
  struct Lists {
    std::string train, val, test;  // paths; a test list that is not there makes the subset empty
  };
  // Slices of the first `labeled` patients of the training list are labelled. Throws Error(data) for listed files that are
  // not there; `hint` says how to make them.
  SliceLayout(const std::string& root, const Lists& lists, std::int64_t labeled, std::vector<Label> labels,
              const std::string& hint);
  DataInfo info_;

 private:
  struct Item {
    std::string name, file, subset;
  };
  std::vector<Item> items_;
};

}  // namespace plexus::datasets
