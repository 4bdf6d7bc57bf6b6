#include <plexus/diffusion/ddpm.hpp>

#include <stdexcept>

#include <torch/torch.h>

namespace plexus::diffusion {

DdpmStep ddpm_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                   const DdpmSettings& settings, const at::Tensor& noise) {
  auto step = process.backward(answer, x, t, settings.clip);
  auto sample = step.mean;
  if (noise.defined()) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = t.size(0);
    sample = sample + (t > 0).view(shape) * (0.5 * step.log_variance).exp() * noise;
  } else if (t.max().item<std::int64_t>() > 0) {
    throw std::logic_error("ddpm_step: steps above 0 need noise");
  }
  return {settings.clip_x(sample), step.start};
}

at::Tensor ddpm(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdpmSettings& settings,
                const NoiseSource& noise) {
  if (settings.from >= process.steps()) throw std::logic_error("a sampler cannot start beyond the process");
  const auto last = settings.from < 0 ? process.steps() - 1 : settings.from;
  for (auto step = last; step >= 0; --step) {
    const auto t = everywhere(step, x);
    auto made = ddpm_step(process, denoiser(x, process.told(t)), x, t, settings, step > 0 ? noise(step) : at::Tensor());
    x = std::move(made.sample);
    if (settings.on_step) settings.on_step({last - step + 1, last + 1, x, made.start});
  }
  return x;
}

}  // namespace plexus::diffusion
