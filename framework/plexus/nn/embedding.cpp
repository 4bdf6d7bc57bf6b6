#include <plexus/nn/embedding.hpp>

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>

namespace plexus {

at::Tensor sinusoidal_embedding(const at::Tensor& t, std::int64_t size, const SinusoidalSettings& settings) {
  if (t.dim() != 1 || size < 4 || size % 2 != 0) throw std::logic_error("sinusoidal_embedding: t is [B], size even and >= 4");
  const auto half = size / 2;
  const double divisor = static_cast<double>(settings.half_minus_one ? half - 1 : half);
  const auto options = t.options().dtype(at::kFloat);
  const auto rates = (torch::arange(half, options) * (-std::log(settings.period) / divisor)).exp();
  const auto phase = t.to(at::kFloat).unsqueeze(1) * rates.unsqueeze(0);
  return settings.cosine_first ? at::cat({phase.cos(), phase.sin()}, 1) : at::cat({phase.sin(), phase.cos()}, 1);
}

}  // namespace plexus
