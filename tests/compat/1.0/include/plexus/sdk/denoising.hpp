#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus::diffusion {
class Process;
}

namespace plexus {

// What a method computed once of a batch for all denoising steps: features of the image, its embedding. Opaque to the host.
class Condition {
 public:
  virtual ~Condition();
};

// One denoising step of a trained diffusion; which sampler takes how many of them, and how many samples of an image are made
// together, is the host's choice (diffusion/sampler.hpp). Called without gradient, networks in eval mode.
class Denoising {
 public:
  virtual ~Denoising();
  virtual const diffusion::Process& process() const = 0;
  // Shape of what is generated for one row of the batch: [C, (D,) H, W].
  virtual std::vector<std::int64_t> sample_shape(const Batch& batch) const = 0;
  // Once for a batch, before the first step.
  virtual std::unique_ptr<Condition> prepare(const Batch& batch) = 0;
  // x [M B, C, …]: M samples of each of the batch's B rows; row i belongs to row i % B of the batch. t [M B] as the process
  // tells it (whole or fractional). -> the denoiser's whole answer, [M B, C or 2 C, …].
  virtual at::Tensor denoise(const at::Tensor& x, const at::Tensor& t, const Condition& condition) = 0;
};

}  // namespace plexus
