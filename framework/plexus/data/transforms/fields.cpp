#include <plexus/data/transforms/fields.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>

namespace plexus::transforms {
namespace {

void change(Sample& sample, const char* prefix, const std::function<at::Tensor(const at::Tensor&)>& with) {
  for (auto& [name, tensor] : sample.fields)
    if (name.starts_with(prefix)) tensor = with(tensor).contiguous();
}

}  // namespace

void change_images(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& with) { change(sample, "image", with); }
void change_labels(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& with) { change(sample, "label", with); }

std::vector<std::int64_t> grid(const Sample& sample) {
  for (const auto& [name, tensor] : sample.fields)
    if (name.starts_with("image")) return tensor.sizes().slice(1).vec();
  throw Error(ErrorKind::data, "has no image", sample.id);
}

void cut(Sample& sample, const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& size) {
  change_all(sample, [&](const at::Tensor& tensor) {
    std::vector<std::int64_t> pads;  // last axis first, in front and behind; negative ones cut
    for (std::size_t i = size.size(); i-- > 0;) {
      const auto have = tensor.size(tensor.dim() - static_cast<std::int64_t>(size.size() - i));
      pads.push_back(-start[i]);
      pads.push_back(start[i] + size[i] - have);
    }
    return at::constant_pad_nd(tensor, pads, 0);
  });
}

}  // namespace plexus::transforms
