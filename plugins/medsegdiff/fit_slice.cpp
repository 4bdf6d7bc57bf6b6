#include "fit_slice.hpp"

#include <algorithm>

#include <ATen/ATen.h>

namespace plexus::medsegdiff {

void FitSlice::apply(Sample& sample, Rng&) const {
  auto& image = sample.fields.at("image");
  if (image.size(-1) == size_ && image.size(-2) == size_) return;
  const auto fit = [this](const at::Tensor& maps) {
    return at::_upsample_bilinear2d_aa(maps.to(at::kFloat).contiguous().unsqueeze(0), {size_, size_}, false)[0];
  };
  image = fit(image);
  const auto label = sample.fields.find("label");
  if (label == sample.fields.end()) return;
  auto made = at::zeros({size_, size_}, label->second.options());
  const auto most = std::max<std::int64_t>(label->second.max().item<std::int64_t>(), 0);
  for (std::int64_t id = 1; id <= most; ++id) made.masked_fill_(fit((label->second == id).unsqueeze(0))[0] > threshold_, id);
  label->second = made;
}

}  // namespace plexus::medsegdiff
