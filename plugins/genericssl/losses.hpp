#pragma once
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus::genericssl {

// The loss of one decoder. The authors' names that begin with w differ in nothing: weights are given at run time.
//   ce, wce                        cross entropy
//   ce+dice, wce+dice, w_ce+dice   cross entropy plus Dice
const std::vector<std::string>& loss_names();

struct Supervision {
  at::Tensor total, dice, cross_entropy;  // scalars float32; dice is 0 where the loss has none
};
// Weighted mean cross entropy, and minus the mean over foreground classes of w_c Dice_c (soft, over the whole batch, smooth 1;
// nn/soft_dice.hpp). logits [B, K, …], in full precision whatever they come in; label [B, …] int64; weights [K] or
// undefined. Throws Error(configuration) for another name.
Supervision supervise(const std::string& name, const at::Tensor& logits, const at::Tensor& label,
                      const at::Tensor& weights = {});

}  // namespace plexus::genericssl
