#include <plexus/nn/losses.hpp>

#include <array>
#include <cmath>
#include <limits>

#include <torch/torch.h>

namespace plexus {
namespace {

constexpr double kSmooth = 1e-5;
constexpr std::array<std::int64_t, 2> kBatchAndPixels{0, 2};

// [B, ...] -> [B, K, pixels] of the given type
at::Tensor one_hot(const at::Tensor& labels, std::int64_t classes, const at::TensorOptions& options) {
  const auto flat = labels.flatten(1).unsqueeze(1);
  return torch::zeros({flat.size(0), classes, flat.size(2)}, options).scatter_(1, flat, 1);
}

// Of flat maps [B, K, pixels].
at::Tensor dice_of(const at::Tensor& p, const at::Tensor& y) {
  const at::IntArrayRef all_but_class = kBatchAndPixels;
  const auto overlap = (p * y).sum(all_but_class);
  const auto total = p.square().sum(all_but_class) + y.square().sum(all_but_class);
  return (1 - (2 * overlap + kSmooth) / (total + kSmooth)).mean();
}

double machine_epsilon(at::ScalarType type) {
  return type == at::kDouble ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& target) { return at::cross_entropy_loss(logits, target); }

at::Tensor dice_loss(const at::Tensor& probabilities, const at::Tensor& target) {
  return dice_of(probabilities.flatten(2), one_hot(target, probabilities.size(1), probabilities.options()));
}

at::Tensor hard_dice_loss(const at::Tensor& first, const at::Tensor& second, std::int64_t classes) {
  const auto options = first.options().dtype(at::kFloat);
  return dice_of(one_hot(first, classes, options), one_hot(second, classes, options));
}

at::Tensor cross_entropy_and_dice(const at::Tensor& logits, const at::Tensor& target) {
  return cross_entropy(logits, target) + dice_loss(at::softmax(logits, 1), target);
}

at::Tensor binary_dice_loss(const at::Tensor& probabilities, const at::Tensor& target, double smooth) {
  const auto overlap = (probabilities * target).sum();
  return 1 - (2 * overlap + smooth) / (probabilities.sum() + target.sum() + smooth);
}

at::Tensor binary_dice_and_cross_entropy(const at::Tensor& probabilities, const at::Tensor& target, double smooth) {
  return binary_dice_loss(probabilities, target, smooth) + at::binary_cross_entropy(probabilities, target);
}

at::Tensor kl_to_standard_normal(const at::Tensor& mean, const at::Tensor& log_variance) {
  return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum();
}

at::Tensor pixel_concentration(const at::Tensor& probabilities) {
  const auto flat = probabilities.flatten(2);
  const double epsilon = machine_epsilon(flat.scalar_type());
  const auto q = flat / flat.sum(2, true);
  const auto entropy = -(q * q.clamp(epsilon, 1 - epsilon).log()).sum(2);
  return (1 - entropy / std::log(static_cast<double>(flat.size(2)))).mean();
}

Complementary complementary_loss(const at::Tensor& weak_probabilities, const at::Tensor& strong_probabilities) {
  const auto weight = pixel_concentration(strong_probabilities);
  const auto unlikely = weak_probabilities.argmin(1);
  return {weight * cross_entropy(1 - strong_probabilities, unlikely), weight};
}

}  // namespace plexus
