#pragma once
#include <plexus/diffusion/denoiser.hpp>
#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

struct DdpmSettings {
  Clip clip = Clip::start;
  Clip clip_x = Clip::none;  // of x after each step
  std::int64_t from = -1;    // the step that x is taken to be at; -1: the last
  OnStep on_step = {};
};

struct DdpmStep {
  at::Tensor sample, start;  // x of the step before, and the x0 it was made from
};

// One ancestral step (Ho et al. 2020, algorithm 2) from x at steps t [B] or [1] and the denoiser's whole answer there:
// mean + sqrt(variance) noise, without noise where t = 0.
DdpmStep ddpm_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                   const DdpmSettings& settings, const at::Tensor& noise);

// From x ~ N(0, 1) through all steps down to x0; `noise` is asked at every step but the last.
at::Tensor ddpm(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdpmSettings& settings,
                const NoiseSource& noise);

}  // namespace plexus::diffusion
