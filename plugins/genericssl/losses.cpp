#include "losses.hpp"

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/soft_dice.hpp>

namespace plexus::genericssl {

const std::vector<std::string>& loss_names() {
  static const std::vector<std::string> names{"w_ce+dice", "wce+dice", "ce+dice", "wce", "ce"};
  return names;
}

Supervision supervise(const std::string& name, const at::Tensor& logits, const at::Tensor& label, const at::Tensor& weights) {
  const auto& names = loss_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::configuration, "no loss '" + name + "'" + did_you_mean(name, names));
  const auto log_p = at::log_softmax(logits.to(at::promoteTypes(logits.scalar_type(), at::kFloat)), 1);
  const auto weight = weights.defined() ? weights.to(log_p.options()) : at::Tensor();
  Supervision loss;
  loss.cross_entropy = at::nll_loss_nd(log_p, label, weight);
  if (!name.ends_with("dice")) {
    loss.dice = at::zeros_like(loss.cross_entropy);
    loss.total = loss.cross_entropy;
    return loss;
  }
  auto dice = soft_dice(log_p.exp(), label);
  if (weight.defined()) dice = dice * weight.slice(0, 1);
  loss.dice = -dice.mean();
  loss.total = loss.cross_entropy + loss.dice;
  return loss;
}

}  // namespace plexus::genericssl
