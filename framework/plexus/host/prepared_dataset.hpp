#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/data/restore.hpp>
#include <plexus/sdk/dataset.hpp>

namespace plexus {

// A data set whose samples have gone through the stage's `preprocess` list, in training, validation and prediction alike.
class PreparedDataset final : public Dataset {
 public:
  // Throws Error(configuration) where a transform draws at random: prediction could not repeat it.
  PreparedDataset(std::unique_ptr<Dataset> data, Steps preprocess);

  // Label ids are those that samples have: where a step changes them, 0 … classes - 1 in place of the files' own.
  DataInfo info() const override { return info_; }
  std::vector<std::string> subsets() const override { return data_->subsets(); }
  std::vector<std::size_t> subset(const std::string& name) const override { return data_->subset(name); }
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override { return data_->describe(index); }
  std::vector<std::string> files() const override { return data_->files(); }
  // Else the loader would read and prepare every sample anew each time.
  bool deterministic() const override { return data_->deterministic(); }

 private:
  std::unique_ptr<Dataset> data_;
  DataInfo info_;
  Steps own_;  // what the data set did not take over
};

}  // namespace plexus
