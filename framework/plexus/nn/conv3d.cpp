#include <plexus/nn/conv3d.hpp>

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

namespace plexus {
namespace {

bool in_bf16(const at::Tensor& x) {
  if (!x.is_cpu()) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU)) return at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16;
  return x.scalar_type() == at::kBFloat16;
}

}  // namespace

at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                  std::int64_t padding) {
  const bool unset = at::GradMode::is_enabled() && x.size(2) == 2 && weight.size(2) == 3 && padding == 1 && in_bf16(x);
  if (!unset) return at::conv3d(x, weight, bias, stride, padding);
  const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);
  const auto wide = [](const at::Tensor& of) { return of.to(at::kFloat); };
  return at::conv3d(wide(x), wide(weight), bias.defined() ? wide(bias) : bias, stride, padding).to(at::kBFloat16);
}

}  // namespace plexus
