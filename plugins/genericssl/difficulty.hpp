#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/trainer.hpp>

namespace plexus::genericssl {

// Dice of each class [K], float64, of two label maps of one shape: (2 TP + e) / (2 TP + FP + FN + 2 e), e = 1e-8. A class that
// neither has counts 1/2.
at::Tensor hard_dice(const at::Tensor& prediction, const at::Tensor& label, std::int64_t classes);

// Class weights by learning difficulty (paper, 3.3; DHC's): classes that lose Dice, learn slowly, or have little of it weigh
// more. State over the whole training, per class [K] with the background, float64.
class Difficulty {
 public:
  // `window`: calls over which learning speeds are averaged.
  Difficulty(std::int64_t classes, std::int64_t window);
  // After one more batch: weights [K] float32 on the label's device, from logits [B, K, …] and truth [B, …].
  at::Tensor update(const at::Tensor& logits, const at::Tensor& label);
  void state(Archive& archive);

  // Dice of the last batch, Dice gained and lost (moving means), and moving mean of 1 - Dice.
  const at::Tensor& last() const { return last_; }
  const at::Tensor& learnt() const { return learnt_; }
  const at::Tensor& unlearnt() const { return unlearnt_; }
  const at::Tensor& missing() const { return missing_; }

 private:
  std::int64_t classes_, window_;
  at::Tensor last_, learnt_, unlearnt_, missing_;
};

}  // namespace plexus::genericssl
