#pragma once
#include <memory>
#include <utility>
#include <vector>

#include <plexus/sdk/model.hpp>

namespace plexus {

// Normalisation and dropout of networks while training: as each Network::mode says; `follow` is train, eval where frozen.
void set_training_modes(const std::vector<Network>& networks);

// All networks in eval mode for as long as it lives; then each module as it was.
class EvalMode {
 public:
  explicit EvalMode(const std::vector<Network>& networks);
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;
  ~EvalMode();

 private:
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> were_;
};

}  // namespace plexus
