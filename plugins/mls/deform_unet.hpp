#pragma once
#include <cstdint>
#include <memory>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

namespace plexus::mls {

// The registration network: VoxelMorph's U-Net with two further heads on its coarse levels. [B, features, H, W] -> velocity
// [B, 2, H, W] in pixels (rows, columns): the sum of a head at full resolution, one at 1/4 and one at 1/16. Sides must be
// multiples of 16, else Error(data). State names as the authors' deformation_model.pt has them, `transformer.grid` among
// them, whose sides are `height` and `width`; the forward pass takes any.
class DeformUNet : public torch::nn::Module {
 public:
  DeformUNet(std::int64_t height, std::int64_t width, std::int64_t features = 2);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::ModuleList encoder_, decoder_, remaining_;
  torch::nn::Conv2d flow_;
  torch::nn::Sequential coarse_, middle_;
};

}  // namespace plexus::mls
