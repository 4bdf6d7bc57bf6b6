#include <plexus/nn/embedding.hpp>

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>

namespace plexus {

at::Tensor sinusoidal_embedding(const at::Tensor& t, std::int64_t size, const SinusoidalSettings& settings) {
  if (t.dim() != 1 || size < 4) throw std::logic_error("sinusoidal_embedding: t is [B], size >= 4");
  const auto half = size / 2;
  const auto options = t.options().dtype(at::kFloat);
  const auto k = torch::arange(half, options);
  // Each as its publications write it: at t = 1000 a rate's last bit is 1e-4 of a period.
  const auto exponent = settings.half_minus_one ? k * (-std::log(settings.period) / static_cast<double>(half - 1))
                                                : k * -std::log(settings.period) / half;
  const auto rates = exponent.exp();
  const auto phase = t.to(at::kFloat).unsqueeze(1) * rates.unsqueeze(0);
  std::vector<at::Tensor> parts{phase.sin(), phase.cos()};
  if (settings.cosine_first) std::swap(parts[0], parts[1]);
  if (size % 2 != 0) parts.push_back(torch::zeros({t.size(0), 1}, options));
  return at::cat(parts, 1);
}

}  // namespace plexus
