#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus {

// Segmentation losses. logits and probabilities: [B, K, ...]; targets: [B, ...] int64 in 0 … K - 1. Each gives a scalar of
// the floating type of its first argument (hard_dice_loss: float32), with gradient to it.

// Mean over all pixels of -log softmax.
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& target);

// Mean over all classes, background included, of 1 - (2 sum(p y) + e) / (sum(p^2) + sum(y^2) + e), e = 1e-5; the sums run
// over batch and pixels together.
at::Tensor dice_loss(const at::Tensor& probabilities, const at::Tensor& target);

// The same on the one-hot maps of two label maps; a class absent from both counts 0.
at::Tensor hard_dice_loss(const at::Tensor& first, const at::Tensor& second, std::int64_t classes);

// cross_entropy(logits) + dice_loss(softmax(logits)).
at::Tensor cross_entropy_and_dice(const at::Tensor& logits, const at::Tensor& target);

// 1 - (2 sum(p y) + smooth) / (sum(p) + sum(y) + smooth) of one foreground class, over the whole batch at once. probabilities and
// target (real, 0 or 1): one shape.
at::Tensor binary_dice_loss(const at::Tensor& probabilities, const at::Tensor& target, double smooth = 1);
// The same plus the mean binary cross entropy (logarithms floored at -100).
at::Tensor binary_dice_and_cross_entropy(const at::Tensor& probabilities, const at::Tensor& target, double smooth = 1);

// KL(N(mean, exp(log_variance)) || N(0, 1)), summed over all values.
at::Tensor kl_to_standard_normal(const at::Tensor& mean, const at::Tensor& log_variance);

// a(P) = mean over rows and classes of 1 - H / log(pixels), H the entropy over *pixels* of P_c / sum(P_c); the logarithm's
// argument is clamped to [e, 1 - e], e the machine epsilon of the type. Gradient flows. probabilities: [B, K, H, W]
at::Tensor pixel_concentration(const at::Tensor& probabilities);

// Learning from what the weak view finds least likely: loss = a(strong) CE(1 - strong as logits, argmin weak).
struct Complementary {
  at::Tensor loss, weight;  // weight: a(strong)
};
Complementary complementary_loss(const at::Tensor& weak_probabilities, const at::Tensor& strong_probabilities);

}  // namespace plexus
