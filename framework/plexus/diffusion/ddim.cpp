#include <plexus/diffusion/ddim.hpp>

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>

namespace plexus::diffusion {
namespace {

at::Tensor everywhere(std::int64_t value, const at::Tensor& x) {
  return torch::full({x.size(0)}, value, x.options().dtype(at::kLong));
}

}  // namespace

DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, std::int64_t step,
                   const DdimSettings& settings, const at::Tensor& noise) {
  const auto t = everywhere(step, x);
  auto start = process.start_from(answer, x, t);
  if (settings.clip == DdimSettings::Clip::start) start = start.clamp(-1, 1);
  const auto residual = process.noise_between(start, x, t);
  // As published code, in single precision throughout, whatever x is: 1 - alpha_bar loses digits that a double would keep.
  const auto now = static_cast<float>(process.alpha_bar().at(static_cast<std::size_t>(step)));
  const auto before = static_cast<float>(process.alpha_bar_before(step));
  const float sigma = static_cast<float>(settings.eta) * std::sqrt((1 - before) / (1 - now)) * std::sqrt(1 - now / before);
  auto sample = start * std::sqrt(before) + residual * std::sqrt(1 - before - sigma * sigma);
  if (settings.eta > 0 && step > 0) {
    if (!noise.defined()) throw std::logic_error("ddim_step: eta > 0 needs noise");
    sample = sample + noise * sigma;
  }
  return {sample, start};
}

at::Tensor ddim(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings,
                const std::function<at::Tensor(std::int64_t)>& noise) {
  for (auto step = process.steps() - 1; step >= 0; --step) {
    const auto answer = denoiser(x, everywhere(process.original(step), x));
    const auto fresh = settings.eta > 0 && step > 0 && noise ? noise(step) : at::Tensor();
    x = ddim_step(process, answer, x, step, settings, fresh).sample;
  }
  return x;
}

}  // namespace plexus::diffusion
