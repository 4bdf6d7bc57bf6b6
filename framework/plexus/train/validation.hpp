#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <plexus/sdk/metric.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/context.hpp>

namespace plexus {

// Lent to Trainer::validate: whole cases of a subset, as the data set gives them.
class CaseValidation final : public Validation {
 public:
  CaseValidation(Model& model, const Dataset& data, const DataInfo& info,
                 const std::vector<std::shared_ptr<const Metric>>& metrics, HostContext& context, int jobs)
      : model_(model), data_(data), info_(info), metrics_(metrics), context_(context), jobs_(jobs) {}
  ~CaseValidation() override;

  // Details: "dice" (over foreground classes), "dice/left atrium" per class, "undefined/dice" where a metric was NaN.
  // The value is the first metric's, negated where lower is better; NaN where it is defined nowhere.
  // Throws Error(configuration) without metrics or cases, Error(interrupted, terminated) after a stop request.
  Score by_metrics(const std::string& subset) override;
  // One batch of one case at a time, on the device, without gradient, networks in eval mode.
  void each(const std::string& subset, const std::function<void(const Batch&)>& visit) override;

 private:
  Sample read(std::size_t index) const;

  Model& model_;
  const Dataset& data_;
  const DataInfo& info_;
  const std::vector<std::shared_ptr<const Metric>>& metrics_;
  HostContext& context_;
  int jobs_;
};

// Means of the measurements of cases as CaseValidation gives them.
Score score_of(const std::vector<std::vector<Measurement>>& cases, const DataInfo& info, bool higher_is_better);

}  // namespace plexus
