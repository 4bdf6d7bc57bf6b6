#include <plexus/train/validation.hpp>

#include <ATen/core/grad_mode.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <thread>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/data/one_thread.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/predict.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {
namespace {

struct Mean {
  double sum = 0;
  std::int64_t count = 0, undefined = 0;
  void add(double value) {
    if (std::isnan(value)) {
      ++undefined;
    } else {
      sum += value;
      ++count;
    }
  }
  double value() const { return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN(); }
};

std::string label_name(const DataInfo& info, std::int64_t id) {
  for (const auto& label : info.labels) {
    if (label.id == id) return label.name;
  }
  return std::to_string(id);
}

}  // namespace

Score score_of(const std::vector<std::vector<Measurement>>& cases, const DataInfo& info, bool higher_is_better) {
  std::vector<std::string> names;                             // metrics, in the order of their first measurement
  std::map<std::string, std::map<std::int64_t, Mean>> means;  // metric, label
  for (const auto& measurements : cases) {
    for (const auto& one : measurements) {
      if (one.label_id == 0) continue;
      if (std::find(names.begin(), names.end(), one.metric) == names.end()) names.push_back(one.metric);
      means[one.metric][one.label_id].add(one.value);
    }
  }
  Score score{std::numeric_limits<double>::quiet_NaN(), {}};
  for (const auto& name : names) {
    Mean foreground;
    std::int64_t undefined = 0;
    std::vector<std::pair<std::string, double>> classes;
    for (const auto& [label, mean] : means[name]) {
      foreground.add(mean.value());
      undefined += mean.undefined;
      if (label > 0) classes.emplace_back(name + "/" + label_name(info, label), mean.value());
    }
    if (name == names.front()) score.value = higher_is_better ? foreground.value() : -foreground.value();
    score.details.emplace_back(name, foreground.value());
    score.details.insert(score.details.end(), classes.begin(), classes.end());
    if (undefined > 0) score.details.emplace_back("undefined/" + name, static_cast<double>(undefined));
  }
  return score;
}

CaseValidation::~CaseValidation() = default;

Sample CaseValidation::read(std::size_t index) const {
  auto rng = context_.key().fork("read").fork(data_.describe(index).id);
  return data_.get(index, rng);
}

Score CaseValidation::by_metrics(const std::string& subset) {
  if (metrics_.empty()) {
    throw Error(ErrorKind::configuration, "validation needs a metric", "metrics", "give one, as metrics: [dice]");
  }
  const auto indices = data_.subset(subset);
  if (indices.empty()) {
    throw Error(ErrorKind::configuration, "there is no case to validate on", "subset '" + subset + "'",
                "set validate_every and validate_at_end so that none is made");
  }
  std::vector<std::vector<Measurement>> cases(indices.size());
  const auto at_once = static_cast<std::size_t>(std::max(jobs_, 1));
  tbb::task_group measuring;  // metrics of cases that are predicted run while the next is
  try {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      throw_if_stopped();
      auto sample = read(indices[i]);
      auto prediction = predict_case(model_, sample, context_);
      throw_if_stopped();
      if (jobs_ > 0 && indices.size() > 1) {
        measuring.run([this, caller = std::this_thread::get_id(), &result = cases[i], sample = std::move(sample),
                       prediction = std::move(prediction)] {
          if (std::this_thread::get_id() != caller) calculate_on_one_thread();
          result = measure_case(metrics_, prediction, sample);
        });
        if ((i + 1) % at_once == 0) measuring.wait();
      } else {
        cases[i] = measure_case(metrics_, prediction, sample);
      }
    }
    measuring.wait();
  } catch (...) {
    measuring.cancel();
    measuring.wait();
    throw;
  }
  return score_of(cases, info_, metrics_.front()->higher_is_better());
}

void CaseValidation::each(const std::string& subset, const std::function<void(const Batch&)>& visit) {
  const EvalMode eval(model_.networks());
  const at::NoGradGuard no_grad;
  for (const auto index : data_.subset(subset)) {
    throw_if_stopped();
    auto batch = collate({read(index)});
    move_batch(batch, context_.device(), /*channels_last=*/false);
    seed_torch(context_.key().fork("default generator").fork(batch.of.front().id));
    visit(batch);
  }
}

}  // namespace plexus
