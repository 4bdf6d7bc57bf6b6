#include <plexus/eval/slices.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <torch/torch.h>
#include <plexus/data/unit_range.hpp>

namespace plexus {

at::Tensor segment_slices(const at::Tensor& image, const SliceSettings& settings,
                          const std::function<at::Tensor(const at::Tensor&)>& logits) {
  if (image.dim() != 3 && image.dim() != 4) throw std::logic_error("segment_slices: the image is [C, (D,) H, W]");
  const at::NoGradGuard no_grad;
  const bool flat = image.dim() == 3;
  const auto ready = settings.unit_range ? to_unit_range(image) : image.to(at::kFloat);
  const auto slices = flat ? ready.unsqueeze(0) : ready.transpose(0, 1);  // [D, C, H, W]
  const auto depth = slices.size(0), height = slices.size(2), width = slices.size(3);
  auto label = torch::zeros({depth, height, width}, image.options().dtype(at::kLong));
  for (std::int64_t first = 0; first < depth; first += settings.batch) {
    const auto last = std::min(first + settings.batch, depth);
    const auto fed = zoom_nearest(slices.slice(0, first, last), {settings.height, settings.width}).contiguous();
    label.slice(0, first, last).copy_(zoom_nearest(logits(fed).argmax(1), {height, width}, settings.border));
  }
  return flat ? label.squeeze(0) : label;
}

at::Tensor segment_cases(const at::Tensor& images, const SliceSettings& settings,
                         const std::function<at::Tensor(const at::Tensor&)>& logits) {
  std::vector<at::Tensor> labels;
  for (const auto& image : images.unbind(0)) labels.push_back(segment_slices(image, settings, logits));
  return at::stack(labels);
}

}  // namespace plexus
