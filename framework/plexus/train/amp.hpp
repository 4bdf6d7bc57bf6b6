#pragma once
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace plexus {

enum class Precision { fp32, bf16, fp16 };
Precision parse_precision(const std::string& name);  // throws Error(configuration)

// Runs LibTorch's operations of this thread in the lower precision, where that is safe, for as long as it lives.
// fp32: no change. Copies of weights that were made for it are dropped at the end.
class Autocast {
 public:
  Autocast(Precision precision, at::Device device);
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast();

 private:
  bool active_, was_enabled_ = false;
  at::DeviceType device_;
  at::ScalarType was_type_ = at::kFloat;
};

// Full precision within an Autocast: backward passes and optimiser steps.
class NoAutocast {
 public:
  explicit NoAutocast(at::Device device);
  NoAutocast(const NoAutocast&) = delete;
  NoAutocast& operator=(const NoAutocast&) = delete;
  ~NoAutocast();

 private:
  at::DeviceType device_;
  bool was_enabled_;
};
// Forgets the lower-precision copies of weights that have changed since.
void drop_autocast_copies();

// Factor on losses that keeps fp16 gradients off zero: doubled after 2000 steps without overflow, halved at one.
class LossScaler {
 public:
  explicit LossScaler(bool active) : active_(active) {}
  bool active() const noexcept { return active_; }
  double scale() const noexcept { return active_ ? scale_ : 1.0; }
  // Once a training step: whether any gradient of it overflowed (its optimiser step was left out).
  void update(bool overflowed);
  std::int64_t good_steps() const noexcept { return good_steps_; }
  void restore(double scale, std::int64_t good_steps) { scale_ = scale, good_steps_ = good_steps; }

 private:
  bool active_;
  double scale_ = 65536;
  std::int64_t good_steps_ = 0;
};

}  // namespace plexus
