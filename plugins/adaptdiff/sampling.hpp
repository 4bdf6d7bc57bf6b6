#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/ddpm.hpp>

#include "spade_unet.hpp"

namespace plexus::adaptdiff {

// The noise schedule.
struct ScheduleSettings {
  std::int64_t steps = 300;
  std::string beta_schedule = "linear";
  double beta_start = 1e-4, beta_end = 0.02;
  void declare(Options& options);
  diffusion::Process process() const;
};

// The denoiser on rows that each have a mask of their own; masks' part of the network is computed when this is made, once for
// each mask. Rows answer together where that gives every row what it gets alone, bit for bit (another batch may let kernels sum
// in another order), which is tried on the first call; else one by one. So a row's image does not depend on its batch.
class MaskedRows {
 public:
  // masks: [B, 1, H, W] real, of the images' size. apart: whether rows may be told apart at all; batch statistics mix them.
  MaskedRows(SpadeUnet& network, const at::Tensor& masks, bool apart);
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t);

 private:
  at::Tensor one_by_one(const at::Tensor& x, const at::Tensor& t) const;
  at::Tensor together(const at::Tensor& x, const at::Tensor& t);
  SpadeUnet& network_;
  std::vector<std::shared_ptr<const SpadeUnet::Condition>> of_row_;
  SpadeUnet::Condition joined_;
  enum class Way { undecided, together, one_by_one } way_;
};

struct SamplerSettings {
  std::string sampler = "ddpm";  // ddpm: x is clamped after each step, as published; ddpm-x0: the estimate of x0; ddim
  std::int64_t sampling_steps = 50;  // of ddim
  double eta = 0;                    // of ddim
  void declare(Options& options);
};

// From x ~ N(0, 1) [B, 1, H, W] to an image in about [-1, 1]. `noise` is asked once for each step that uses it.
at::Tensor sampled(const diffusion::Process& process, const diffusion::Denoiser& denoiser, const at::Tensor& x,
                   const SamplerSettings& settings, const diffusion::NoiseSource& noise, const diffusion::OnStep& on_step = {});

// A trajectory as the authors' serial sampling keeps it: x after the steps t that are multiples of floor(steps / count) (so
// perhaps more than `count`), from the noisiest down to step 0. count: 1 ... steps.
std::vector<std::int64_t> kept_frames(std::int64_t steps, std::int64_t count);

// The authors' grid: five of the stepped images, noisiest first, each above the x0 estimated from it. As published, the estimate
// takes the stepped image before it is clamped together with the time before the step, at a second call of the denoiser. Both
// are clamped when they are drawn.
struct GridColumn {
  std::int64_t title;  // steps - t
  at::Tensor x, start;
};
struct Grid {
  at::Tensor x;  // the finished image
  std::vector<GridColumn> columns;
};
Grid sampled_grid(const diffusion::Process& process, const diffusion::Denoiser& denoiser, at::Tensor x,
                  const diffusion::NoiseSource& noise);

}  // namespace plexus::adaptdiff
