#include <plexus/nn/soft_dice.hpp>

#include <array>

#include <torch/torch.h>

namespace plexus {

at::Tensor soft_dice(const at::Tensor& probabilities, const at::Tensor& target, const SoftDiceSettings& settings) {
  static constexpr std::array<std::int64_t, 2> whole{0, 2}, row{2, 2};
  const at::IntArrayRef over = settings.over_batch ? at::IntArrayRef(whole) : at::IntArrayRef(row).slice(0, 1);
  const std::int64_t first = settings.background ? 0 : 1;
  const auto p = probabilities.flatten(2).slice(1, first);
  const auto classes = torch::arange(first, probabilities.size(1), target.options()).view({1, -1, 1});
  const auto y = target.flatten(1).unsqueeze(1).eq(classes);
  const auto overlap = 2 * (p * y).sum(over);
  const auto total = p.sum(over) + y.sum(over).to(p.scalar_type());  // 2 TP + FP + FN
  return (overlap + settings.smooth) / (total + (settings.smooth + 1e-8));
}

}  // namespace plexus
