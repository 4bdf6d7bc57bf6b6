#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/dataset.hpp>

namespace @name@ {

// What a pipeline file may say under `data:`.
struct Settings {
  std::string root;
  std::int64_t test = 1;
  void declare(plexus::Options& options);
};

// ROOT/CASE/image.nii.gz with ROOT/CASE/mask.nii.gz (0 and 1) on the same grid. The last `test` cases by name are the subsets
// "val" and "test", given whole; the others are "labeled" where they have a mask, else "unlabeled", and give a random plane.
class Data final : public plexus::Dataset {
 public:
  using Settings = @name@::Settings;
  explicit Data(Settings settings);  // throws Error(data) where there is no case
  plexus::DataInfo info() const override;
  std::vector<std::string> subsets() const override { return {"labeled", "unlabeled", "val", "test"}; }
  std::vector<std::size_t> subset(const std::string& name) const override;
  plexus::Sample get(std::size_t index, plexus::Rng& rng) const override;
  plexus::Sample describe(std::size_t index) const override;
  std::vector<std::string> files() const override;

 private:
  std::size_t training() const;  // the first cases
  bool has_mask(std::size_t index) const;
  std::string file(std::size_t index, const std::string& name) const;
  Settings settings_;
  std::vector<std::string> cases_;  // sorted names
};

}  // namespace @name@
