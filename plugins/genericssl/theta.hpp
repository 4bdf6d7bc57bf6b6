#pragma once
#include "diffvnet.hpp"

namespace plexus::genericssl {

// theta <- rate theta + (1 - rate) (xi + psi) / 2 for every parameter of theta's decoder, by name (paper, 3.2). Running
// statistics are each decoder's own.
void average_theta(DiffVNet& network, double rate);

}  // namespace plexus::genericssl
