#pragma once
#include <plexus/diffusion/denoiser.hpp>
#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

struct DdimSettings {
  using Clip = diffusion::Clip;
  Clip clip = Clip::none;
  double eta = 0;          // 0: deterministic; 1: as much noise as the posterior has
  std::int64_t from = -1;  // the step that x is taken to be at; -1: the last
  OnStep on_step = {};
};

struct DdimStep {
  at::Tensor sample, start;  // x of the step before (after, where inverted), and the x0 it was made from
};

// One step of DDIM (Song et al. 2021, eq. 12 and 16) from x at steps t [B] or [1] and the denoiser's whole answer there; of a
// learned variance only the mean's half is used. `noise` is used where eta > 0 and t > 0 only.
DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                   const DdimSettings& settings, const at::Tensor& noise = {});
DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, std::int64_t step,
                   const DdimSettings& settings, const at::Tensor& noise = {});
// The other way along the deterministic path, from x at t to step t + 1: what encodes an image as noise. eta must be 0.
DdimStep ddim_inverse_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                           const DdimSettings& settings);

// From x ~ N(0, 1) through all steps down to x0. `noise` is needed where eta > 0 only. Always goes to the end, so that a
// training step in progress stays what it is; a denoiser or on_step that throws ends it.
at::Tensor ddim(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings,
                const NoiseSource& noise = {});
// From x0 up to what ddim() with the same settings leads back from: x at step `from` (-1: the last).
at::Tensor ddim_inverse(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings);

}  // namespace plexus::diffusion
