#include <plexus/diffusion/timesteps.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/sdk/context.hpp>
#include <plexus/sdk/trainer.hpp>

namespace plexus::diffusion {

TimestepSampler::TimestepSampler(std::int64_t steps) : steps_(steps) {}
TimestepSampler::~TimestepSampler() = default;
std::vector<double> TimestepSampler::weights() const { return std::vector<double>(static_cast<std::size_t>(steps_), 1.0); }
void TimestepSampler::update(const at::Tensor&, const at::Tensor&) {}
void TimestepSampler::state(Archive&) {}

Timesteps TimestepSampler::draw(Context& context, const std::vector<std::string>& ids) const {
  const auto drawn = context.draw("timestep", ids, {}, Distribution::uniform());
  const auto device = drawn.device();
  const auto probability = weights();
  const double sum = std::accumulate(probability.begin(), probability.end(), 0.0);
  const auto uniform = drawn.to(at::kCPU, at::kDouble).contiguous();
  std::vector<double> running(probability.size());
  std::partial_sum(probability.begin(), probability.end(), running.begin());
  std::vector<std::int64_t> t;
  std::vector<double> weight;
  for (std::int64_t i = 0; i < uniform.numel(); ++i) {
    const auto place = std::upper_bound(running.begin(), running.end(), uniform.data_ptr<double>()[i] * sum);
    const auto step = std::min(static_cast<std::int64_t>(place - running.begin()), steps_ - 1);
    t.push_back(step);
    weight.push_back(sum / (static_cast<double>(steps_) * probability[static_cast<std::size_t>(step)]));
  }
  return {torch::tensor(t, at::kLong).to(device), torch::tensor(weight, at::kDouble).to(at::kFloat).to(device)};
}

LossSecondMoment::LossSecondMoment(std::int64_t steps, std::int64_t history, double uniform)
    : TimestepSampler(steps),
      history_(history),
      uniform_(uniform),
      kept_(torch::zeros({steps, history}, at::kDouble)),
      count_(torch::zeros({steps}, at::kLong)) {}

bool LossSecondMoment::warm() const { return count_.min().item<std::int64_t>() >= history_; }

std::vector<double> LossSecondMoment::weights() const {
  if (!warm()) return TimestepSampler::weights();
  const auto rms = kept_.square().mean(1).sqrt();
  const auto share = (rms / rms.sum() * (1 - uniform_) + uniform_ / static_cast<double>(steps())).contiguous();
  return {share.data_ptr<double>(), share.data_ptr<double>() + share.numel()};
}

void LossSecondMoment::update(const at::Tensor& t, const at::Tensor& losses) {
  const auto at = t.to(at::kCPU, at::kLong).contiguous(), loss = losses.detach().to(at::kCPU, at::kDouble).contiguous();
  for (std::int64_t i = 0; i < at.numel(); ++i) {
    const auto step = at.data_ptr<std::int64_t>()[i];
    auto* row = kept_.data_ptr<double>() + step * history_;
    auto& count = count_.data_ptr<std::int64_t>()[step];
    if (count == history_) std::copy(row + 1, row + history_, row);
    row[std::min(count, history_ - 1)] = loss.data_ptr<double>()[i];
    count = std::min(count + 1, history_);
  }
}

void LossSecondMoment::state(Archive& archive) {
  archive.item("timestep_losses", kept_);
  archive.item("timestep_loss_counts", count_);
}

std::unique_ptr<TimestepSampler> timestep_sampler(const std::string& name, std::int64_t steps) {
  if (name == "uniform") return std::make_unique<TimestepSampler>(steps);
  if (name == "loss-second-moment") return std::make_unique<LossSecondMoment>(steps);
  throw Error(ErrorKind::configuration,
              "no draw of timesteps '" + name + "'" + did_you_mean(name, {"uniform", "loss-second-moment"}));
}

}  // namespace plexus::diffusion
