#include "pseudo_label.hpp"

#include <cmath>
#include <limits>

#include <torch/torch.h>

namespace plexus::genericssl {

at::Tensor gumbel_noise(const at::Tensor& uniform) {
  return -(-uniform.clamp_min(std::numeric_limits<float>::min()).log()).log();
}

// Separable: an axis at a time, by shifted sums.
at::Tensor smoothed_by_3(const at::Tensor& x) {
  const double side = std::exp(-0.5) / (1 + 2 * std::exp(-0.5)), middle = 1 - 2 * side;
  auto from = x;
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
    auto to = from * middle;
    const auto rest = from.size(axis) - 1;
    to.narrow(axis, 0, rest).add_(from.narrow(axis, 1, rest), side);
    to.narrow(axis, 1, rest).add_(from.narrow(axis, 0, rest), side);
    from = to;
  }
  return from;
}

PseudoLabel pseudo_label(const at::Tensor& x0, const at::Tensor& psi_logits, const at::Tensor& gumbel, double temperature) {
  const at::NoGradGuard no_grad;
  const auto full = [](const at::Tensor& of) { return of.to(at::promoteTypes(of.scalar_type(), at::kFloat)); };
  PseudoLabel made;
  auto evidence = full(x0);
  if (gumbel.defined()) evidence = evidence + gumbel.to(evidence.scalar_type());
  made.xi = at::softmax(temperature == 1 ? evidence : evidence / temperature, 1);
  made.smoothed = smoothed_by_3(made.xi);
  made.psi = at::softmax(full(psi_logits), 1);
  made.label = (made.smoothed + made.psi).argmax(1);
  return made;
}

}  // namespace plexus::genericssl
