#include <plexus/diffusion/clip.hpp>

#include <torch/torch.h>

namespace plexus::diffusion {

at::Tensor Clip::operator()(const at::Tensor& x0) const {
  if (kind == Kind::none) return x0;
  if (kind == Kind::range) return x0.clamp(low, high);
  std::vector<at::Tensor> limits;  // one sample at a time: LibTorch's quantile refuses more than 2^24 values at once
  for (const auto& sample : x0.unbind(0)) limits.push_back(at::quantile(sample.abs().flatten(), quantile).clamp_min(least));
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x0.dim()), 1);
  shape[0] = x0.size(0);
  const auto s = at::stack(limits).view(shape);
  return at::clamp(x0, -s, s) / s;
}

}  // namespace plexus::diffusion
