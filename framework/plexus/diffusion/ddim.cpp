#include <plexus/diffusion/ddim.hpp>

#include <stdexcept>

#include <torch/torch.h>

namespace plexus::diffusion {
namespace {

using Table = Process::Table;

std::int64_t last_step(const Process& process, std::int64_t from) {
  if (from >= process.steps()) throw std::logic_error("a sampler cannot start beyond the process");
  return from < 0 ? process.steps() - 1 : from;
}

}  // namespace

DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                   const DdimSettings& settings, const at::Tensor& noise) {
  const auto start = settings.clip(process.start_from(process.mean_part(answer), x, t));
  const auto residual = process.noise_between(start, x, t);
  // As published code, in single precision throughout, whatever x is: 1 - alpha_bar loses digits that a double would keep.
  const auto now = process.coefficient(Table::alpha_bar, t, x.dim());
  const auto before = process.coefficient(Table::alpha_bar_before, t, x.dim());
  if (settings.eta <= 0) return {start * before.sqrt() + residual * (1 - before).sqrt(), start};
  const auto sigma = settings.eta * ((1 - before) / (1 - now)).sqrt() * (1 - now / before).sqrt();
  auto sample = start * before.sqrt() + residual * (1 - before - sigma.square()).sqrt();
  if (noise.defined())
    sample = sample + noise * sigma * (t > 0).view(now.sizes());
  else if (t.max().item<std::int64_t>() > 0)
    throw std::logic_error("ddim_step: eta > 0 needs noise");
  return {sample, start};
}

DdimStep ddim_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, std::int64_t step,
                   const DdimSettings& settings, const at::Tensor& noise) {
  return ddim_step(process, answer, x, everywhere(step, x), settings, noise);
}

DdimStep ddim_inverse_step(const Process& process, const at::Tensor& answer, const at::Tensor& x, const at::Tensor& t,
                           const DdimSettings& settings) {
  if (settings.eta != 0) throw std::logic_error("ddim_inverse_step: only the deterministic path (eta 0) has a way back");
  const auto start = settings.clip(process.start_from(process.mean_part(answer), x, t));
  const auto residual = process.noise_between(start, x, t);
  const auto after = process.coefficient(Table::alpha_bar_after, t, x.dim());
  return {start * after.sqrt() + residual * (1 - after).sqrt(), start};
}

at::Tensor ddim(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings,
                const NoiseSource& noise) {
  const auto last = last_step(process, settings.from);
  for (auto step = last; step >= 0; --step) {
    const auto t = everywhere(step, x);
    const auto answer = denoiser(x, process.told(t));
    const auto fresh = settings.eta > 0 && step > 0 && noise ? noise(step) : at::Tensor();
    auto made = ddim_step(process, answer, x, t, settings, fresh);
    x = std::move(made.sample);
    if (settings.on_step) settings.on_step({last - step + 1, last + 1, x, made.start});
  }
  return x;
}

at::Tensor ddim_inverse(const Process& process, const Denoiser& denoiser, at::Tensor x, const DdimSettings& settings) {
  const auto last = last_step(process, settings.from);
  for (std::int64_t step = 0; step < last; ++step) {
    const auto t = everywhere(step, x);
    auto made = ddim_inverse_step(process, denoiser(x, process.told(t)), x, t, settings);
    x = std::move(made.sample);
    if (settings.on_step) settings.on_step({step + 1, last, x, made.start});
  }
  return x;
}

}  // namespace plexus::diffusion
