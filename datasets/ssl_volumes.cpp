#include "ssl_volumes.hpp"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/percentiles.hpp>
#include <plexus/data/zoom.hpp>

namespace plexus::datasets {
namespace {

struct Range {
  std::int64_t first, last;  // both inside
};

// Where the label is not 0 along one axis; nothing: {0, -1}.
Range labelled_range(const at::Tensor& label, std::int64_t axis) {
  auto any = label != 0;
  for (std::int64_t other = label.dim() - 1; other >= 0; --other)
    if (other != axis) any = any.any(other);
  const auto places = any.nonzero().reshape({-1});
  if (places.numel() == 0) return {0, -1};
  return {places[0].item<std::int64_t>(), places[-1].item<std::int64_t>()};
}

ZoomBorder border_of(bool as_published) { return as_published ? ZoomBorder::zero : ZoomBorder::repeat; }

void check_pair(const ImageLabel& raw, std::int64_t axes, const std::string& id) {
  if (raw.image.dim() != axes || raw.image.sizes() != raw.label.sizes())
    throw Error(ErrorKind::data, fmt::format("image and label are not of one shape of {} axes", axes), id);
}

// The middle two thirds of the plane.
at::Tensor middle_of_plane(const at::Tensor& volume) {
  at::Tensor cropped = volume;
  for (const std::int64_t axis : {volume.dim() - 2, volume.dim() - 1}) {
    const auto size = volume.size(axis), middle = size / 2, third = size / 3;
    cropped = cropped.slice(axis, middle - third, middle + third);
  }
  return cropped;
}

}  // namespace

ImageLabel prepared_synapse(const ImageLabel& raw, const std::vector<std::int64_t>& size) {
  check_pair(raw, 3, "volume");
  const auto volume = [](const at::Tensor& of) { return of.to(at::kFloat).unsqueeze(0).unsqueeze(0); };
  return {at::upsample_trilinear3d(volume(raw.image), size, false)[0][0].contiguous(),
          at::upsample_nearest3d(volume(raw.label), size)[0][0].contiguous()};
}

ImageLabel prepared_mmwhs(const std::string& id, const ImageLabel& raw, const std::vector<std::int64_t>& size,
                          bool as_published) {
  check_pair(raw, 3, id);
  static constexpr std::array<std::int64_t, 4> codes{205, 420, 500, 820};
  at::Tensor label = at::zeros_like(raw.label);
  for (std::size_t k = 0; k < codes.size(); ++k) label.masked_fill_(raw.label == codes[k], static_cast<std::int64_t>(k) + 1);
  // Published labels of 1 to 4 as they are: files that were mapped before.
  label = at::where((raw.label >= 1).logical_and(raw.label <= 4), raw.label, label);
  if (id == "mr_train_1002") {
    // Stray voxels at the volume's borders, which would widen the crop.
    label.slice(0, 0, 4).zero_();
    label.slice(1, std::max<std::int64_t>(label.size(1) - 10, 0), label.size(1) - 1).zero_();
    label.slice(2, 0, 4).zero_();
  }
  ImageLabel cropped{raw.image.to(at::kFloat), label};
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    const auto range = labelled_range(label, axis);
    if (range.last < range.first)
      throw Error(ErrorKind::data, "the label holds none of the values 205, 420, 500, 820", id, "give the raw MMWHS labels");
    const auto first = std::max<std::int64_t>(range.first - 4, 0);
    const auto end = std::min(range.last + (as_published ? 4 : 5), label.size(axis));
    cropped.image = cropped.image.slice(axis, first, end);
    cropped.label = cropped.label.slice(axis, first, end);
  }
  auto image = cropped.image.contiguous();
  image = image.clamp(0, percentiles(image, {98}).front());
  image = (image - image.mean()) / (image.std(false) + 1e-8);
  return {zoom_nearest(image, size, border_of(as_published)).contiguous(),
          zoom_nearest(cropped.label, size, border_of(as_published)).contiguous()};
}

std::vector<std::pair<std::string, ImageLabel>> prepared_mnms(const std::string& id, const ImageLabel& raw, bool as_published) {
  check_pair(raw, 4, id);
  std::vector<std::pair<std::string, ImageLabel>> frames;
  for (std::int64_t t = 0; t < raw.label.size(0); ++t) {
    const auto range = labelled_range(raw.label[t], 0);
    if (range.last < range.first) continue;
    // One labelled slice alone is kept in any case: nothing would be left of it.
    const auto end = range.last + (as_published && range.last > range.first ? 0 : 1);
    const auto zoomed = [&](const at::Tensor& of) {
      return zoom_nearest(middle_of_plane(of.slice(0, range.first, end)), {32, 144, 144}, border_of(as_published)).contiguous();
    };
    frames.push_back({fmt::format("{}_{}", id, t), {zoomed(raw.image[t].to(at::kFloat)), zoomed(raw.label[t].to(at::kChar))}});
  }
  return frames;
}

std::vector<std::pair<std::string, ImageLabel>> prepared_mnms_slices(const std::string& id, const ImageLabel& raw) {
  check_pair(raw, 4, id);
  std::vector<std::pair<std::string, ImageLabel>> slices;
  for (std::int64_t t = 0; t < raw.label.size(0); ++t) {
    const auto range = labelled_range(raw.label[t], 0);
    for (auto z = range.first; z <= range.last; ++z) {
      const auto whole = raw.image[t][z].to(at::kFloat);
      if (whole.isnan().any().item<bool>() || whole.sum().item<float>() == 0) continue;
      const auto image = middle_of_plane(whole), label = middle_of_plane(raw.label[t][z].to(at::kFloat));
      const auto height = image.size(0), width = image.size(1), shorter = std::min(height, width);
      const auto scaled = [shorter](std::int64_t side) {
        return static_cast<std::int64_t>(288.0 / static_cast<double>(shorter) * static_cast<double>(side));
      };
      const std::vector<std::int64_t> size{height == shorter ? 288 : scaled(height), width == shorter ? 288 : scaled(width)};
      slices.push_back({fmt::format("{}_{}_{}", id, t, z - range.first),
                        {at::upsample_bilinear2d(image.unsqueeze(0).unsqueeze(0), size, false)[0][0].contiguous(),
                         at::upsample_nearest2d(label.unsqueeze(0).unsqueeze(0), size)[0][0].contiguous()}});
    }
  }
  return slices;
}

at::Tensor preview(const at::Tensor& plane, double full) {
  return full > 0 ? (plane / full * 255).round().clamp(0, 255).to(at::kByte) : at::zeros(plane.sizes(), at::kByte);
}

at::Tensor loaded_range(const at::Tensor& image, SslRange range) {
  auto values = image.to(at::kFloat).contiguous();
  if (range == SslRange::abdomen) values = values.clamp(-75, 275);
  if (range == SslRange::percentiles) {
    const auto bounds = percentiles(values, {0.5, 99.5});
    if (!bounds.empty()) values = values.clamp(bounds[0], bounds[1]);
  }
  if (values.numel() == 0) return values;
  const auto low = values.min(), width = values.max() - low;
  return width.item<float>() > 0 ? (values - low) / width : at::zeros_like(values);
}

}  // namespace plexus::datasets
