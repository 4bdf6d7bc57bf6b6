#include "sampling.hpp"

#include <torch/torch.h>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::adaptdiff {
namespace {

SpadeUnet::Condition joined(const std::vector<std::shared_ptr<const SpadeUnet::Condition>>& rows) {
  SpadeUnet::Condition all = *rows.front();
  for (std::size_t level = 0; level < all.size(); ++level) {
    for (std::size_t i = 0; i < all[level].size(); ++i) {
      std::vector<at::Tensor> scales, shifts;
      for (const auto& row : rows) {
        scales.push_back((*row)[level][i].scale);
        shifts.push_back((*row)[level][i].shift);
      }
      all[level][i] = {at::cat(scales), at::cat(shifts)};
    }
  }
  return all;
}

}  // namespace

void ScheduleSettings::declare(Options& options) {
  options.add("steps", steps, "Steps of the diffusion.").range(1).alias("num_diffusion_timesteps");
  options.add("beta_schedule", beta_schedule, "Noise schedule.").one_of({"linear", "quad", "const", "jsd", "sigmoid"});
  options.add("beta_start", beta_start, "Variance added by the first step.").range(0, 1);
  options.add("beta_end", beta_end, "Variance added by the last step.").range(0, 1);
}

diffusion::Process ScheduleSettings::process() const {
  return {diffusion::betas({.name = beta_schedule, .steps = steps, .first = beta_start, .last = beta_end, .stretched = false}),
          diffusion::ProcessSettings{.predicts = diffusion::Predicts::noise, .variance = diffusion::Variance::fixed_small}};
}

MaskedRows::MaskedRows(SpadeUnet& network, const at::Tensor& masks, bool apart)
    : network_(network), way_(masks.size(0) == 1 || !apart ? Way::together : Way::undecided) {
  for (std::int64_t row = 0; row < masks.size(0); ++row) {
    const auto mask = masks.slice(0, row, row + 1);
    const bool again = row > 0 && at::equal(mask, masks.slice(0, row - 1, row));
    of_row_.push_back(again ? of_row_.back()
                            : std::make_shared<const SpadeUnet::Condition>(
                                  network.condition(mask, masks.size(2), masks.size(3))));
  }
}

at::Tensor MaskedRows::one_by_one(const at::Tensor& x, const at::Tensor& t) const {
  std::vector<at::Tensor> rows;
  for (std::size_t row = 0; row < of_row_.size(); ++row) {
    const auto i = static_cast<std::int64_t>(row);
    rows.push_back(network_.forward(x.slice(0, i, i + 1), t.size(0) == 1 ? t : t.slice(0, i, i + 1), *of_row_[row]));
  }
  return at::cat(rows);
}

at::Tensor MaskedRows::together(const at::Tensor& x, const at::Tensor& t) {
  if (of_row_.front() == of_row_.back()) return network_.forward(x, t, *of_row_.front());
  if (joined_.empty()) joined_ = joined(of_row_);
  return network_.forward(x, t, joined_);
}

at::Tensor MaskedRows::operator()(const at::Tensor& x, const at::Tensor& t) {
  if (way_ == Way::together) return together(x, t);
  auto rows = one_by_one(x, t);
  if (way_ == Way::undecided) {
    way_ = at::equal(together(x, t), rows) ? Way::together : Way::one_by_one;
    if (way_ == Way::one_by_one) joined_.clear();
  }
  return rows;
}

void SamplerSettings::declare(Options& options) {
  options
      .add("sampler", sampler,
           "ddpm: as published, the noisy image is held in [-1, 1] after every step; ddpm-x0: its estimate of the clean one is; "
           "ddim: fewer steps, other images.")
      .one_of({"ddpm", "ddpm-x0", "ddim"});
  options.add("sampling_steps", sampling_steps, "Steps of ddim, spread evenly; at most `steps`.").range(1);
  options.add("eta", eta, "Noise of ddim: 0 none, 1 as much as the posterior has.").range(0, 1);
}

at::Tensor sampled(const diffusion::Process& process, const diffusion::Denoiser& denoiser, const at::Tensor& x,
                   const SamplerSettings& settings, const diffusion::NoiseSource& noise, const diffusion::OnStep& on_step) {
  using diffusion::Clip;
  if (settings.sampler == "ddim") {
    const auto count = std::min(settings.sampling_steps, process.steps());
    return diffusion::ddim(diffusion::respaced(process, diffusion::evenly_kept(process.steps(), count)), denoiser, x,
                           {.clip = Clip::start, .eta = settings.eta, .on_step = on_step}, noise);
  }
  const bool published = settings.sampler == "ddpm";
  return diffusion::ddpm(process, denoiser, x,
                         {.clip = published ? Clip::none : Clip::start,
                          .clip_x = published ? Clip::start : Clip::none,
                          .on_step = on_step},
                         noise);
}

std::vector<std::int64_t> kept_frames(std::int64_t steps, std::int64_t count) {
  const auto stride = steps / count;
  std::vector<std::int64_t> kept;
  for (auto t = steps - 1; t >= 0; --t)
    if (t % stride == 0) kept.push_back(t);
  return kept;
}

Grid sampled_grid(const diffusion::Process& process, const diffusion::Denoiser& denoiser, at::Tensor x,
                  const diffusion::NoiseSource& noise) {
  using diffusion::Clip;
  const auto stride = std::max<std::int64_t>(process.steps() / 5, 1);
  std::vector<GridColumn> columns;
  for (auto t = process.steps() - 1; t >= 0; --t) {
    const auto time = diffusion::everywhere(t, x), told = process.told(time);
    const auto stepped =
        diffusion::ddpm_step(process, denoiser(x, told), x, time, {.clip = Clip::none}, t > 0 ? noise(t) : at::Tensor()).sample;
    x = Clip::start(stepped);
    if (t % stride == 0 && t / stride < 5)
      columns.push_back(
          {process.steps() - t, x, Clip::start(process.start_from(denoiser(stepped, told), stepped, time))});
  }
  return {x, columns};
}

}  // namespace plexus::adaptdiff
