#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {
class Archive;
class Context;
}  // namespace plexus

namespace plexus::diffusion {

struct Timesteps {
  at::Tensor t, weight;  // [B]: int64 steps, and float32 factors on the losses that keep their expectation
};

// Which steps of the diffusion a batch trains.
class TimestepSampler {
 public:
  explicit TimestepSampler(std::int64_t steps);
  virtual ~TimestepSampler();
  std::int64_t steps() const noexcept { return steps_; }
  // One step for each id, from Context::draw("timestep").
  Timesteps draw(Context& context, const std::vector<std::string>& ids) const;
  // Unnormalised probability of each step; all 1 here.
  virtual std::vector<double> weights() const;
  // Losses [B] of the steps [B] they were drawn at.
  virtual void update(const at::Tensor& t, const at::Tensor& losses);
  virtual void state(Archive& archive);

 private:
  std::int64_t steps_;
};

// Importance sampling by the root mean square of each step's last losses (Nichol and Dhariwal 2021, eq. 18): uniform until
// every step has `history` of them.
class LossSecondMoment final : public TimestepSampler {
 public:
  explicit LossSecondMoment(std::int64_t steps, std::int64_t history = 10, double uniform = 0.001);
  std::vector<double> weights() const override;
  void update(const at::Tensor& t, const at::Tensor& losses) override;
  void state(Archive& archive) override;
  bool warm() const;

 private:
  std::int64_t history_;
  double uniform_;          // share of the probability spread evenly
  at::Tensor kept_, count_;  // [steps, history] double, oldest first; [steps] int64
};

// "uniform" or "loss-second-moment". Throws Error(configuration) for another name.
std::unique_ptr<TimestepSampler> timestep_sampler(const std::string& name, std::int64_t steps);

}  // namespace plexus::diffusion
