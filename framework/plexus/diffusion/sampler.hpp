#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/diffusion/clip.hpp>

namespace plexus {
struct Batch;
class Context;
class Denoising;
class Options;
}  // namespace plexus

namespace plexus::diffusion {

// Declared in the same words by every method that samples.
struct SamplerSettings {
  std::string sampler = "ddim";            // ddpm, ddim, dpm-solver, dpm-solver++
  std::int64_t sampling_steps = 50;        // 0: all of the process
  std::string timestep_respacing = "";     // of ddpm and ddim: which steps are kept; "": sampling_steps spread evenly
  double eta = 0;                          // of ddim
  std::int64_t solver_order = 2;
  std::string solver_method = "multistep", solver_skip = "time_uniform", solver_type = "dpmsolver";
  std::string clip = "start";              // of the predicted x0: none, start, unit, dynamic
  std::int64_t members = 1;                // samples of each image
  std::int64_t member_batch = 0;           // of them in one forward pass; 0: all
  void declare(Options& options);
  // "" or what is wrong with these settings for a process of so many steps.
  std::string problem(std::int64_t process_steps) const;
  Clip clipping() const;
};

// Samples of each row of the batch, [M, B, C, …], from one Denoising::prepare. Noise belongs to (row, member, step) alone, so
// samples do not depend on batches or on how many members are made. Stops early, throwing Error(interrupted), where the host
// asks for it.
at::Tensor sample(Denoising& method, const Batch& batch, const SamplerSettings& settings, Context& context);

}  // namespace plexus::diffusion
