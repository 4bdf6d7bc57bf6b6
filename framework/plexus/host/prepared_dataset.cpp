#include <plexus/host/prepared_dataset.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

// The labels as a model sees them: class k is what the steps give back as an id of the files.
std::vector<Label> prepared_labels(const std::vector<Label>& labels, const Steps& steps) {
  std::vector<Label> prepared;
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(labels.size()); ++k) {
    const auto original = restore_label(at::tensor({k}, at::kLong), Sample(), steps).item<std::int64_t>();
    for (const Label& label : labels)
      if (label.id == original) {
        prepared.push_back(label);
        prepared.back().id = k;
      }
  }
  // Classes that were joined or left out: the files' ids say no more about them than the data set does.
  return prepared.size() == labels.size() ? prepared : labels;
}

}  // namespace

PreparedDataset::PreparedDataset(std::unique_ptr<Dataset> data, Steps preprocess)
    : data_(std::move(data)), info_(data_->info()) {
  for (const auto& transform : preprocess) {
    if (transform->deterministic()) continue;
    throw Error(ErrorKind::configuration, "a transform that draws at random cannot prepare data", "preprocess",
                "list it under `transforms`, which training alone applies");
  }
  info_.labels = prepared_labels(info_.labels, preprocess);
  if (!data_->prepare_cases(preprocess)) own_ = std::move(preprocess);
}

Sample PreparedDataset::get(std::size_t index, Rng& rng) const {
  Sample sample = data_->get(index, rng);
  prepare_sample(sample, own_, rng);
  return sample;
}

}  // namespace plexus
