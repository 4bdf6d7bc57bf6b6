#include "spade_unet.hpp"

#include <algorithm>
#include <stdexcept>

#include <torch/torch.h>
#include <plexus/nn/embedding.hpp>

namespace plexus::adaptdiff {
namespace {

// Stands first in time_mlp, as in the authors' module, so that the linear layer is number 1.
class TimeEmbedding : public torch::nn::Module {
 public:
  explicit TimeEmbedding(std::int64_t size) : size_(size) {}
  at::Tensor forward(const at::Tensor& t) { return sinusoidal_embedding(t, size_, {.half_minus_one = true}); }

 private:
  std::int64_t size_;
};

at::Tensor per_pixel(torch::nn::LinearImpl& linear, const at::Tensor& time) {
  return at::silu(linear.forward(time)).unsqueeze(-1).unsqueeze(-1);
}

}  // namespace

std::string SpadeUnetSettings::problem() const {
  if (widths.size() < 2) return "widths needs two levels at least";
  if (std::any_of(widths.begin(), widths.end(), [](auto width) { return width < 1; })) return "widths must be positive";
  if (time_size < 4 || time_size % 2 != 0) return "time_size must be even, 4 or more";
  if (image_channels < 1 || out_channels < 1 || condition_channels < 1 || embed_channels < 1) return "channels must be positive";
  return "";
}

SpadeUnet::SpadeUnet(const SpadeUnetSettings& settings)
    : settings_(settings),
      time_mlp_(std::make_shared<TimeEmbedding>(settings.time_size), torch::nn::Linear(settings.time_size, settings.time_size),
                torch::nn::ReLU()),
      initial_(torch::nn::Conv2dOptions(settings.image_channels, settings.widths.at(0), 3).padding(1)),
      final_(torch::nn::Conv2dOptions(settings.widths.at(0), settings.out_channels, 1)) {
  if (const auto wrong = settings.problem(); !wrong.empty()) throw std::logic_error("SpadeUnet: " + wrong);
  const auto& c = settings.widths;
  const std::vector<std::int64_t> u(c.rbegin(), c.rend());
  for (std::size_t i = 0; i + 1 < c.size(); ++i) {
    encoder_.push_back(std::make_shared<ResidualBlock>(c[i], c[i + 1]));
    encoder_time_->push_back(torch::nn::Linear(settings.time_size, c[i + 1]));
    down_->push_back(down_sampling(c[i + 1], Activation::relu));
    decoder_.push_back(
        std::make_shared<SpadeBlock>(settings.condition_channels, 2 * u[i], u[i + 1], settings.embed_channels));
    decoder_time_->push_back(torch::nn::Linear(settings.time_size, u[i + 1]));
    up_->push_back(up_sampling(u[i], Activation::relu));
  }
  register_module("time_mlp", time_mlp_);
  register_module("initial", initial_);
  register_module("encoder_resblk", list_of(encoder_));
  register_module("encoder_t_linear", encoder_time_);
  register_module("encoder_down_sample", down_);
  register_module("decoder_spadeblk", list_of(decoder_));
  register_module("decoder_t_linear", decoder_time_);
  register_module("decoder_up_sample", up_);
  register_module("final", final_);
}

SpadeUnet::Condition SpadeUnet::condition(const at::Tensor& mask, std::int64_t height, std::int64_t width) {
  Condition condition;
  const auto levels = static_cast<std::int64_t>(decoder_.size());
  for (std::int64_t j = 0; j < levels; ++j) {
    const auto shrink = levels - 1 - j;
    condition.push_back(decoder_[static_cast<std::size_t>(j)]->modulations(mask, height >> shrink, width >> shrink));
  }
  return condition;
}

at::Tensor SpadeUnet::forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& mask) {
  return forward(x, t, condition(mask, x.size(2), x.size(3)));
}

at::Tensor SpadeUnet::forward(const at::Tensor& x, const at::Tensor& t, const Condition& condition) {
  const auto time = time_mlp_->forward(t);
  auto feature = initial_->forward(x);
  std::vector<at::Tensor> skips;
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    feature = encoder_[i]->forward(feature) + per_pixel(*encoder_time_[i]->as<torch::nn::Linear>(), time);
    skips.push_back(feature);
    feature = down_[i]->as<torch::nn::Sequential>()->forward(feature);
  }
  for (std::size_t j = 0; j < decoder_.size(); ++j) {
    const auto wide = up_[j]->as<torch::nn::Sequential>()->forward(feature);
    feature = decoder_[j]->forward(at::cat({wide, skips[skips.size() - 1 - j]}, 1), condition[j]) +
              per_pixel(*decoder_time_[j]->as<torch::nn::Linear>(), time);
  }
  return final_->forward(feature);
}

SpadeUnet::Condition rows(const SpadeUnet::Condition& condition, std::int64_t first, std::int64_t last) {
  if (condition.front().front().scale.size(0) == 1) return condition;
  SpadeUnet::Condition part = condition;
  for (auto& block : part)
    for (auto& [scale, shift] : block) {
      scale = scale.slice(0, first, last);
      shift = shift.slice(0, first, last);
    }
  return part;
}

SpadeUnetSettings settings_of(const std::vector<std::pair<std::string, at::Tensor>>& state, SpadeUnetSettings otherwise) {
  auto settings = std::move(otherwise);
  std::vector<std::int64_t> widths;
  for (const auto& [name, tensor] : state) {
    if (name == "time_mlp.1.weight" && tensor.dim() == 2) settings.time_size = tensor.size(1);
    if (name == "initial.weight" && tensor.dim() == 4) {
      settings.image_channels = tensor.size(1);
      widths.insert(widths.begin(), tensor.size(0));
    }
    if (name == "final.weight" && tensor.dim() == 4) settings.out_channels = tensor.size(0);
    if (name.starts_with("encoder_t_linear.") && name.ends_with(".weight") && tensor.dim() == 2) widths.push_back(tensor.size(0));
    if (name == "decoder_spadeblk.0.SPADE_norm_1.embedding.0.weight" && tensor.dim() == 4) {
      settings.embed_channels = tensor.size(0);
      settings.condition_channels = tensor.size(1);
    }
  }
  if (widths.size() >= 2) settings.widths = widths;
  return settings;
}

}  // namespace plexus::adaptdiff
