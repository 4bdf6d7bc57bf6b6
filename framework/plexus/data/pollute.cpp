#include <plexus/data/pollute.hpp>

#include <ATen/ATen.h>

namespace plexus {

at::Tensor polluted_mask(const at::Tensor& mask, std::span<const std::int64_t> background,
                         std::span<const std::int64_t> foreground) {
  const at::Tensor flat = (mask != 0).to(at::kByte).reshape({-1});
  at::Tensor polluted = flat.clone();
  const auto put = [&](const at::Tensor& of, std::span<const std::int64_t> picked, std::uint8_t value) {
    const at::Tensor places = of.nonzero().reshape({-1});
    for (const auto index : picked) polluted[places[index].item<std::int64_t>()] = value;
  };
  put(flat == 0, background, 1);
  put(flat, foreground, 0);
  return polluted.reshape(mask.sizes());
}

}  // namespace plexus
