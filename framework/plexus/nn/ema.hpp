#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace torch::nn {
class Module;
}

namespace plexus {

// Exponential moving average of a module's parameters: a <- r a + (1 - r) w, with r = rate, or with warm-up
// min(rate, (1 + n) / (10 + n)) at the n-th update (n = 0, 1, …). Buffers (batch-norm statistics) are the module's own.
// Kept in the parameters' type.
class Ema {
 public:
  Ema(const torch::nn::Module& module, double rate, bool warmup = false);
  // After an optimiser step, whose number it is.
  void update(const torch::nn::Module& module, std::int64_t step);
  double rate() const noexcept { return rate_; }
  // Exchanges the averages with the module's parameters, in place; twice gives back what was.
  void exchange(torch::nn::Module& module);
  // By the parameters' names, in the module's order.
  const std::vector<std::pair<std::string, at::Tensor>>& values() const noexcept { return values_; }
  // Takes values of the same names and shapes; other names are passed over. Throws std::invalid_argument where one is missing
  // or of another shape.
  void load(const std::vector<std::pair<std::string, at::Tensor>>& values);
  // Rate at the n-th update.
  static double rate_at(double rate, bool warmup, std::int64_t step) noexcept;

 private:
  double rate_;
  bool warmup_;
  std::vector<std::pair<std::string, at::Tensor>> values_;
};

// The weights used for predicting, for as long as it lives: exchanges on construction and back on destruction.
class AveragedWeights {
 public:
  AveragedWeights() = default;
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;
  ~AveragedWeights();
  void use(Ema& average, torch::nn::Module& module);

 private:
  std::vector<std::pair<Ema*, torch::nn::Module*>> exchanged_;
};

}  // namespace plexus
