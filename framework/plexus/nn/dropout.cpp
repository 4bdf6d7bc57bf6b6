#include <limits>

#include <torch/torch.h>

#include <plexus/nn/dropout.hpp>

namespace plexus {

at::Tensor DropoutImpl::forward(const at::Tensor& x) {
  if (!is_training() || rate_ == 0) return x;
  if (!x.is_cpu()) return at::dropout(x, rate_, true);
  const auto seed = at::randint(std::numeric_limits<std::int64_t>::max(), {1}, at::kLong).item<std::int64_t>();
  at::Tensor mask = at::empty_like(x, at::kFloat);
  fill_dropout_mask(mask.data_ptr<float>(), mask.numel(), rate_, static_cast<std::uint64_t>(seed));
  return x * mask.to(x.scalar_type());
}

}  // namespace plexus
