#pragma once
#include <functional>

#include <ATen/core/Tensor.h>

#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

// x [B, ...] and original time t [B] int64 -> what the process says it predicts.
using Denoiser = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& t)>;

struct DdimSettings {
  enum class Clip { none, start };  // start: x0 is held in [-1, 1] before it is used
  Clip clip = Clip::none;
  double eta = 0;  // 0: deterministic; 1: as much noise as the posterior has
};

struct DdimStep {
  at::Tensor sample, start;  // x of the step before, and the x0 it was made from
};

// One step of DDIM (Song et al. 2021, eq. 12 and 16) from x at `step` and the denoiser's answer there. `noise` is used where
// eta > 0 and step > 0 only.
DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, std::int64_t step,
                   const DdimSettings& settings, const at::Tensor& noise = {});

// From x ~ N(0, 1) through all steps down to x0. `noise(step)` gives fresh noise like x; needed where eta > 0 only. Always goes
// to the end, so that a training step in progress stays what it is; a denoiser that throws ends it.
at::Tensor ddim(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings,
                const std::function<at::Tensor(std::int64_t step)>& noise = {});

}  // namespace plexus::diffusion
