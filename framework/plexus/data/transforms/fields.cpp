#include <plexus/data/transforms/fields.hpp>

#include <numeric>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/geometry.hpp>

namespace plexus::transforms {
namespace {

constexpr double largest_grid = 4294967296.0;

void change(Sample& sample, const char* prefix, const std::function<at::Tensor(const at::Tensor&)>& with) {
  for (auto& [name, tensor] : sample.fields)
    if (name.starts_with(prefix)) tensor = with(tensor).contiguous();
}

}  // namespace

void change_images(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& with) { change(sample, "image", with); }
void change_labels(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& with) { change(sample, "label", with); }

void change_channels(Sample& sample, const std::function<void(at::Tensor&)>& with) {
  for (auto& [name, field] : sample.fields) {
    if (!name.starts_with("image")) continue;
    at::Tensor own = std::move(field);
    own = own.to(at::kFloat).contiguous();
    if (own.use_count() > 1 || own.storage().use_count() > 1) own = own.clone();
    for (std::int64_t c = 0; c < own.size(0); ++c) {
      at::Tensor channel = own[c];
      with(channel);
    }
    field = std::move(own);
  }
}

std::vector<std::int64_t> grid(const Sample& sample) {
  for (const auto& [name, tensor] : sample.fields)
    if (name.starts_with("image")) return tensor.sizes().slice(1).vec();
  throw Error(ErrorKind::data, "has no image", sample.id);
}

std::int64_t size_along(const std::vector<std::int64_t>& grid, std::size_t axis) {
  return axis < grid.size() ? grid[grid.size() - 1 - axis] : 1;
}

void cut(Sample& sample, const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& size, double fill) {
  const auto cut_field = [&](const at::Tensor& tensor, double outside) {
    std::vector<std::int64_t> pads;  // last axis first, in front and behind; negative ones cut
    for (std::size_t i = size.size(); i-- > 0;) {
      const auto have = tensor.size(tensor.dim() - static_cast<std::int64_t>(size.size() - i));
      pads.push_back(-start[i]);
      pads.push_back(start[i] + size[i] - have);
    }
    double voxels = 1;
    for (const auto one : size) voxels *= static_cast<double>(one);
    if (voxels > largest_grid)
      throw Error(ErrorKind::data, "would be padded to more voxels than any scan has", sample.id,
                  "check the sizes of the step");
    return at::constant_pad_nd(tensor, pads, outside);
  };
  change_images(sample, [&](const at::Tensor& image) { return cut_field(image, fill); });
  change_labels(sample, [&](const at::Tensor& label) { return cut_field(label, 0); });
  Point first{0, 0, 0};
  for (std::size_t i = 0; i < start.size(); ++i) first[start.size() - 1 - i] = static_cast<double>(start[i]);
  sample.geometry = shifted(sample.geometry, first);
}

void flip(Sample& sample, const std::vector<std::size_t>& axes) {
  if (axes.empty()) return;
  const auto size = grid(sample);
  std::vector<std::int64_t> from_last;
  for (const auto axis : axes) {
    sample.geometry = flipped(sample.geometry, axis, size_along(size, axis));
    if (axis < size.size()) from_last.push_back(-1 - static_cast<std::int64_t>(axis));
  }
  change_all(sample, [&](const at::Tensor& tensor) { return tensor.flip(from_last); });
}

void permute(Sample& sample, const std::array<std::size_t, 3>& axes) {
  if (axes == std::array<std::size_t, 3>{0, 1, 2}) return;
  const auto planes = grid(sample).size() == 2;
  if (planes && axes[2] != 2)
    throw Error(ErrorKind::data, "a plane cannot be turned out of its own axes", sample.id, "give whole volumes");
  change_all(sample, [&](const at::Tensor& tensor) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(tensor.dim()));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t axis = 0; axis < (planes ? 2U : 3U); ++axis)
      order[order.size() - 1 - axis] = tensor.dim() - 1 - static_cast<std::int64_t>(axes[axis]);
    return tensor.permute(order);
  });
  sample.geometry = permuted(sample.geometry, axes);
}

void resample(Sample& sample, const Grid& to, Interpolation images, const std::string& labels) {
  const bool planes = to.size.size() == 2;
  auto size = to.size;
  if (planes) size.insert(size.begin(), 1);
  // A plane is a volume of depth 1; the axis stands before H.
  const auto move = [&](const at::Tensor& field, auto&& how) {
    return planes ? how(field.unsqueeze(-3)).squeeze(-3) : how(field);
  };
  const auto& from = sample.geometry;
  change_images(sample, [&](const at::Tensor& image) {
    return move(image,
                [&](const at::Tensor& field) { return resample_to(field, from, to.geometry, size, images, std::nullopt); });
  });
  change_labels(sample, [&](const at::Tensor& label) {
    return move(label, [&](const at::Tensor& field) {
      return labels == "linear" ? resample_label_linear(field, from, to.geometry, size, std::nullopt)
                                : resample_to(field, from, to.geometry, size, Interpolation::nearest, std::nullopt);
    });
  });
  sample.geometry = to.geometry;
}

void refuse_single(const std::string& step) {
  throw Error(ErrorKind::configuration, "'" + step + "' makes several samples of one, which only files can be made of",
              "preprocess", "use it in `plexus preprocess`, or in a prepare stage");
}

}  // namespace plexus::transforms
