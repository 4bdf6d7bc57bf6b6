#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

namespace plexus::genericssl {

// Pieces of DiffVNet in 2D and 3D, under the authors' submodule names. Images are [B, C, (D,) H, W]. ReLU comes before the
// normalisation. What is told the time takes swish(temb) [B, 512] (or [1, 512] for all rows), undefined: no time; it is added
// to every voxel after a linear map.
struct BlockSettings {
  std::int64_t dimensions = 3;              // 2, 3
  std::string normalization = "batchnorm";  // batchnorm, groupnorm (16 groups), instancenorm (no weights), none
  double dropout = 0.1;                     // of whole channels, after every 3 x 3 (x 3) convolution
};

inline constexpr std::int64_t kTimeWidth = 512;

// Convolution with bias, or its transpose; weights are initialised as PyTorch does. State names weight, bias.
class Convolution : public torch::nn::Module {
 public:
  struct Shape {
    std::int64_t in, out, kernel, stride = 1, padding = 0;
    bool transposed = false;
  };
  Convolution(std::int64_t dimensions, const Shape& shape);
  at::Tensor forward(const at::Tensor& x) const { return forward(x, weight, bias); }
  // The same convolution with other weights: a part of the input channels, say.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& offsets) const;

  at::Tensor weight, bias;

 private:
  std::int64_t dimensions_, stride_, padding_;
  bool transposed_;
};

// A normalisation layer as `settings` says; without a module for none. Throws Error(configuration) for another name, or
// channels that are no multiple of the groups.
struct Normalization {
  std::shared_ptr<torch::nn::Module> module;
  std::function<at::Tensor(const at::Tensor&)> apply;
  // Its result may be changed in place: the layer keeps its input for the backward pass. Without a layer the result is the
  // activation's, which is kept.
  bool changeable() const { return module != nullptr; }
};
// x + y, in x's memory where that may be changed.
at::Tensor plus(const at::Tensor& x, const at::Tensor& y, bool changeable);
Normalization make_normalization(const BlockSettings& settings, std::int64_t channels);

// linear(time), to be added to x [B, C, …]: [B or 1, C, 1, …]; state name temb_proj.
class TimeShift : public torch::nn::Module {
 public:
  explicit TimeShift(std::int64_t channels);
  at::Tensor forward(const at::Tensor& time, std::int64_t dimensions);

 private:
  torch::nn::Linear temb_proj_;
};

// conv 3, ReLU, normalisation, channel dropout, and where it is told the time, the shift. State names conv, norm,
// temb_fusion.temb_proj.
class Stage : public torch::nn::Module {
 public:
  // timed: has a time projection; told: makes use of it.
  Stage(const BlockSettings& settings, std::int64_t in, std::int64_t out, bool timed, bool told);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time = {}) { return finish(conv_->forward(x), time); }
  // All that follows the convolution, whose result is used up.
  at::Tensor finish(at::Tensor x, const at::Tensor& time = {});
  const Convolution& convolution() const { return *conv_; }

 private:
  double dropout_;
  bool told_;
  std::shared_ptr<Convolution> conv_;
  Normalization norm_;
  std::shared_ptr<TimeShift> shift_;
};

// `count` stages one after the other; of timed ones the last is not told the time, though it has the projection. State names
// ops.0, ops.1, ….
class Stages : public torch::nn::Module {
 public:
  Stages(const BlockSettings& settings, std::int64_t count, std::int64_t in, std::int64_t out, bool timed);
  at::Tensor forward(at::Tensor x, const at::Tensor& time = {});
  Stage& front() { return *stages_.front(); }

 private:
  std::vector<std::shared_ptr<Stage>> stages_;
};

// Halves (convolution 2, stride 2; odd sizes are rounded down) or doubles (its transpose) the grid: conv, ReLU,
// normalisation, shift. State names ops.0, ops.2, ops.3.temb_proj (ops.2.temb_proj without normalisation).
class Resize : public torch::nn::Module {
 public:
  enum class Way { down, up };
  Resize(const BlockSettings& settings, Way way, std::int64_t in, std::int64_t out, bool timed);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time = {});

 private:
  std::shared_ptr<Convolution> conv_;
  Normalization norm_;
  std::shared_ptr<TimeShift> shift_;
};

}  // namespace plexus::genericssl
