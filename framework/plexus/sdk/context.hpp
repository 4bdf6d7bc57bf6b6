#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/reserved.hpp>

namespace plexus {

struct Distribution {
  enum class Kind { normal, uniform, integer } kind = Kind::normal;
  double low = 0, high = 1;  // uniform: [low, high); integer: low … high - 1, as int64
  Reserved reserved = {};
  static Distribution normal() { return {}; }
  static Distribution uniform(double low = 0, double high = 1) { return {Kind::uniform, low, high}; }
  static Distribution integer(std::int64_t low, std::int64_t high) {
    return {Kind::integer, static_cast<double>(low), static_cast<double>(high)};
  }
};

// Lent by the host for one call; the method's only way to chance and to the outside.
class Context {
 public:
  virtual ~Context();
  virtual at::Device device() const = 0;
  // Random values [ids.size(), shape…] on the device, float32 (int64 for integer). Row i depends on (seed, stage, step,
  // ids[i], purpose) alone, so it is the same whatever the batch, its order, or the thread.
  virtual at::Tensor draw(std::string_view purpose, const std::vector<std::string>& ids, at::IntArrayRef shape,
                          Distribution distribution = {}) = 0;
  // Everything between a loss and changed weights: zero the gradients, backward, scaling, accumulation over micro-batches,
  // clipping, one step of the named optimiser. May be called several times in a step. [main thread, training only]
  virtual void minimise(std::string_view optimizer, const at::Tensor& loss) = 0;
  // [any thread] Ask once a sample, step or sampler step; return early where true.
  virtual bool stop_requested() const noexcept = 0;
  virtual void progress(double done, std::string_view what) = 0;
  // Hands a picture to the log, [H, W, 3] or [H, W] uint8 on the CPU: training keeps the last few of a name as
  // pictures/NAME_STEP.png in the stage's folder, and the report shows the latest. Does nothing outside training.
  // Throws std::invalid_argument for another shape or type. [main thread]
  virtual void picture(std::string_view name, const at::Tensor& image);
};

}  // namespace plexus
