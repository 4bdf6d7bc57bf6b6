#include "ff_parser.hpp"

#include <torch/torch.h>

namespace plexus::medsegdiff {

FfParser::FfParser(std::int64_t channels, std::int64_t height, std::int64_t half_width)
    : complex_weight_(register_parameter("complex_weight", torch::randn({channels, height, half_width, 2}) * 0.02)) {}

at::Tensor FfParser::forward(const at::Tensor& x) {
  const auto spectrum = at::fft_rfft2(x.to(at::kFloat), at::OptionalIntArrayRef(), {-2, -1}, "ortho");
  const auto kept = spectrum * at::view_as_complex(complex_weight_);
  const std::vector<std::int64_t> size{x.size(2), x.size(3)};
  return at::fft_irfft2(kept, at::OptionalIntArrayRef(size), {-2, -1}, "ortho").to(x.scalar_type());
}

}  // namespace plexus::medsegdiff
