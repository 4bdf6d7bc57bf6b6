#pragma once
#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

namespace plexus::diffusion {

// x [B, ...] and the time that the denoiser knows [B] (Process::told, or a real number from continuous-time solvers) -> what
// the process says it predicts.
using Denoiser = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& t)>;

// Fresh noise like x for a step.
using NoiseSource = std::function<at::Tensor(std::int64_t step)>;

// Told after each step of a sampler: steps done and in all, x, and the x0 it was made from. What it throws ends the sampler.
struct SamplerProgress {
  std::int64_t done, of;
  const at::Tensor &x, &start;
};
using OnStep = std::function<void(const SamplerProgress&)>;

// [B] int64 on x's device.
at::Tensor everywhere(std::int64_t step, const at::Tensor& x);

}  // namespace plexus::diffusion
