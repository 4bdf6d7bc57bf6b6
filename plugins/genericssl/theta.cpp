#include "theta.hpp"

#include <torch/torch.h>

namespace plexus::genericssl {

void average_theta(DiffVNet& network, double rate) {
  const at::NoGradGuard no_grad;
  const auto xi = network.xi_decoder().named_parameters(), psi = network.psi_decoder().named_parameters();
  std::vector<at::Tensor> average, of_xi, of_psi;
  for (const auto& parameter : network.theta_decoder().named_parameters()) {
    average.push_back(parameter.value());
    of_xi.push_back(xi[parameter.key()]);
    of_psi.push_back(psi[parameter.key()]);
  }
  const double share = (1 - rate) / 2;
  at::_foreach_mul_(average, rate);
  at::_foreach_add_(average, of_xi, share);
  at::_foreach_add_(average, of_psi, share);
}

}  // namespace plexus::genericssl
