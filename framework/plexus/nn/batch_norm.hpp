#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include <torch/nn/modules/batchnorm.h>

namespace plexus {

// What a batch normalisation normalises by.
//   mode:  as the module's mode says: the batch, and the running statistics follow (train), or the running ones (eval)
//   batch: the batch; the running statistics stay as they are
//   image: each image by itself, as training with a batch of one does; the running statistics stay as they are
enum class NormBy { mode, batch, image };

// BatchNorm2d (same names in the state dict) with that choice.
class BatchNorm : public torch::nn::BatchNorm2dImpl {
 public:
  explicit BatchNorm(std::int64_t channels) : torch::nn::BatchNorm2dImpl(channels) {}
  at::Tensor forward(const at::Tensor& x);  // [B, C, H, W]
  NormBy by = NormBy::mode;
};

// Every BatchNorm within a network normalises by the given choice for as long as this lives; then each as before.
class NormScope {
 public:
  NormScope(torch::nn::Module& network, NormBy by);
  NormScope(const NormScope&) = delete;
  NormScope& operator=(const NormScope&) = delete;
  ~NormScope();

 private:
  std::vector<std::pair<std::shared_ptr<BatchNorm>, NormBy>> were_;
};

}  // namespace plexus
