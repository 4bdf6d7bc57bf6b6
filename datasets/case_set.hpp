#pragma once
#include <string>
#include <vector>

#include <plexus/sdk/dataset.hpp>

#include "volume_cache.hpp"

namespace plexus::datasets {

// Cases that are volumes, given whole or, in training, as their planes. What derives from it lists the cases and reads one.
class CaseSet : public Dataset {
 public:
  DataInfo info() const override { return info_; }
  std::vector<std::string> subsets() const override;
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  bool prepare_cases(const std::vector<std::shared_ptr<const Transform>>& transforms) override;
  std::vector<std::string> files() const override;

 protected:
  struct Case {
    std::string id;
    std::vector<std::string> files;
    std::int64_t depth = 1;  // planes
  };

  explicit CaseSet(std::int64_t cache_bytes) : cache_(cache_bytes) {}
  std::size_t add_case(Case one);
  const Case& at(std::size_t index) const { return cases_[index]; }
  // `slices`: one sample a plane, [C, H, W], else whole volumes, [C, D, H, W].
  void add_subset(const std::string& name, const std::vector<std::size_t>& cases, bool slices);
  // "image" [C, D, H, W] float32, "label" [D, H, W] where there is one, geometry and header. [any thread]
  virtual Sample read_case(std::size_t index) const = 0;

  DataInfo info_;

 private:
  struct Item {
    std::size_t of;
    std::int64_t slice;  // -1: the whole volume
    std::size_t subset;
  };
  Sample prepared_case(std::size_t index) const;

  std::vector<Case> cases_;
  std::vector<Item> items_;
  std::vector<std::shared_ptr<const Transform>> preprocess_;
  std::vector<std::string> subsets_;
  mutable VolumeCache cache_;
};

}  // namespace plexus::datasets
