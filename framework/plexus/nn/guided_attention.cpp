#include <plexus/nn/guided_attention.hpp>

#include <stdexcept>

#include <torch/torch.h>

namespace plexus {

GuidedAttention::GuidedAttention(const GuidedAttentionSettings& s)
    : heads_(s.head_channels == -1 ? s.heads : s.channels / s.head_channels),
      new_order_(s.new_order),
      norm_(guided_norm(s.channels)),
      qkv_(torch::nn::Conv1dOptions(s.channels, 3 * s.channels, 1)),
      proj_out_(zeroed(torch::nn::Conv1d(torch::nn::Conv1dOptions(s.channels, s.channels, 1)))) {
  if (heads_ < 1 || s.channels % heads_ != 0 || (s.head_channels != -1 && s.channels % s.head_channels != 0))
    throw std::logic_error("GuidedAttention: channels must divide into the heads");
  register_module("norm", norm_);
  register_module("qkv", qkv_);
  register_module("proj_out", proj_out_);
}

at::Tensor GuidedAttention::forward(const at::Tensor& x, const at::Tensor&) {
  const auto batch = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3), width = channels / heads_;
  const auto flat = x.reshape({batch, channels, pixels});
  const auto qkv = qkv_->forward(guided_normalised(norm_, flat));
  // To [3, B, heads, pixels, width], in one copy: the fused attention wants the last axis dense.
  const auto parts = new_order_
                         ? qkv.view({batch, 3, heads_, width, pixels}).permute({1, 0, 2, 4, 3}).contiguous()
                         : qkv.view({batch, heads_, 3, width, pixels}).permute({2, 0, 1, 4, 3}).contiguous();
  // Scales by width^(-1/2), which is what q and k each times width^(-1/4) come to.
  const auto seen = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  const auto joined = seen.transpose(2, 3).reshape({batch, channels, pixels});
  return (flat + proj_out_->forward(joined)).view(x.sizes());
}

}  // namespace plexus
