#pragma once
#include <torch/torch.h>

#include <plexus/base/random.hpp>

namespace plexus {

// A bool tensor, each voxel set with the given probability.
inline torch::Tensor random_mask(Rng& rng, const std::vector<std::int64_t>& shape, double probability) {
  auto mask = torch::zeros(shape, torch::kBool);
  for (std::int64_t i = 0; i < mask.numel(); ++i) mask.mutable_data_ptr<bool>()[i] = rng.chance(probability);
  return mask;
}

}  // namespace plexus
