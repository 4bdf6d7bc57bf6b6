#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus {

// A data set whose samples have gone through the stage's `preprocess` list, in training, validation and prediction alike.
class PreparedDataset final : public Dataset {
 public:
  // Throws Error(configuration) where a transform draws at random: prediction could not repeat it.
  PreparedDataset(std::unique_ptr<Dataset> data, std::vector<std::shared_ptr<const Transform>> preprocess)
      : data_(std::move(data)) {
    for (const auto& transform : preprocess) {
      if (transform->deterministic()) continue;
      throw Error(ErrorKind::configuration, "a transform that draws at random cannot prepare data", "preprocess",
                  "list it under `transforms`, which training alone applies");
    }
    if (!data_->prepare_cases(preprocess)) preprocess_ = std::move(preprocess);
  }

  DataInfo info() const override { return data_->info(); }
  std::vector<std::string> subsets() const override { return data_->subsets(); }
  std::vector<std::size_t> subset(const std::string& name) const override { return data_->subset(name); }
  Sample get(std::size_t index, Rng& rng) const override {
    Sample sample = data_->get(index, rng);
    for (const auto& transform : preprocess_) transform->apply(sample, rng);
    return sample;
  }
  Sample describe(std::size_t index) const override { return data_->describe(index); }
  std::vector<std::string> files() const override { return data_->files(); }
  // Else the loader would read and prepare every sample anew each time.
  bool deterministic() const override { return data_->deterministic(); }

 private:
  std::unique_ptr<Dataset> data_;
  std::vector<std::shared_ptr<const Transform>> preprocess_;
};

}  // namespace plexus
