#include <plexus/data/luma.hpp>

#include <ATen/ATen.h>

namespace plexus {

at::Tensor luma_8_bit(const at::Tensor& colour) {
  const auto wide = colour.to(at::kLong);
  return at::bitwise_right_shift(wide[0] * 19595 + wide[1] * 38470 + wide[2] * 7471 + 0x8000, at::scalar_tensor(16, at::kLong));
}

}  // namespace plexus
