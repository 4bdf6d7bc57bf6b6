#include <plexus/report/overlay.hpp>

#include <ATen/ATen.h>
#include <c10/util/StringUtil.h>
#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Canvas = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

std::array<std::uint8_t, 3> colour_of(std::int64_t id, const std::vector<Label>& labels) {
  for (const Label& label : labels)
    if (label.id == id) return label_colour(label);
  return label_colour({id, "", {0, 0, 0}});
}

// Between the 1st and the 99th percentile, so that a few bright voxels do not darken the rest.
at::Tensor grey(const at::Tensor& image) {
  const auto values = at::nan_to_num(image.to(at::kFloat), 0, 0, 0).contiguous();
  const auto sorted = std::get<0>(values.flatten().sort());
  const auto last = sorted.numel() - 1;
  const float low = sorted[last / 100].item<float>(), high = sorted[last - last / 100].item<float>();
  return high > low ? ((values - low) / (high - low)).clamp(0, 1) : at::zeros_like(values);
}

// Premultiplied ARGB of the grey image with the prediction's tint over it.
Surface picture(const at::Tensor& image, const at::Tensor& prediction, const std::vector<Label>& labels) {
  const auto height = image.size(0), width = image.size(1);
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)),
                  cairo_surface_destroy);
  const auto shade = grey(image);
  const auto* value = shade.const_data_ptr<float>();
  const auto* label = prediction.const_data_ptr<std::int64_t>();
  const auto stride = cairo_image_surface_get_stride(surface.get());
  unsigned char* const bytes = cairo_image_surface_get_data(surface.get());
  for (std::int64_t y = 0; y < height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(bytes + y * stride);
    for (std::int64_t x = 0; x < width; ++x, ++value, ++label) {
      const auto colour = colour_of(*label, labels);
      const double tint = *label > 0 ? 0.45 : 0;
      std::uint32_t pixel = 0;
      for (const std::uint8_t part : colour)
        pixel = pixel << 8 | static_cast<std::uint32_t>(std::lround((1 - tint) * 255 * *value + tint * part));
      row[x] = pixel;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

// Borders between a label's pixels and all others, as lines along the pixels' sides.
void outline(cairo_t* canvas, const at::Tensor& truth, std::int64_t id, double scale_x, double scale_y) {
  const auto height = truth.size(0), width = truth.size(1);
  const auto* label = truth.const_data_ptr<std::int64_t>();
  const auto is = [&](std::int64_t y, std::int64_t x) {
    return y >= 0 && y < height && x >= 0 && x < width && label[y * width + x] == id;
  };
  const auto line = [&](std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) {
    cairo_move_to(canvas, static_cast<double>(x0) * scale_x, static_cast<double>(y0) * scale_y);
    cairo_line_to(canvas, static_cast<double>(x1) * scale_x, static_cast<double>(y1) * scale_y);
  };
  for (std::int64_t y = 0; y <= height; ++y)
    for (std::int64_t x = 0; x <= width; ++x) {
      if (is(y, x) != is(y - 1, x)) line(x, y, x + 1, y);
      if (is(y, x) != is(y, x - 1)) line(x, y, x, y + 1);
    }
}

cairo_status_t append(void* to, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

std::string written(const Surface& surface) {
  std::string png;
  cairo_surface_flush(surface.get());
  const auto status = cairo_surface_write_to_png_stream(surface.get(), append, &png);
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ErrorKind::resource,
                fmt::format("cannot draw a picture of {} x {}: {}", cairo_image_surface_get_width(surface.get()),
                            cairo_image_surface_get_height(surface.get()), cairo_status_to_string(status)));
  return png;
}

at::Tensor whole(const at::Tensor& labels) { return labels.to(at::kCPU, at::kLong).contiguous(); }

}  // namespace

std::array<std::uint8_t, 3> label_colour(const Label& label) {
  constexpr std::array<std::array<std::uint8_t, 3>, 8> series{{{230, 85, 70},
                                                               {70, 160, 245},
                                                               {90, 200, 120},
                                                               {245, 190, 60},
                                                               {175, 130, 240},
                                                               {60, 205, 205},
                                                               {245, 130, 185},
                                                               {185, 205, 70}}};
  if (label.colour != std::array<std::uint8_t, 3>{0, 0, 0}) return label.colour;
  return series[static_cast<std::size_t>(std::max<std::int64_t>(label.id - 1, 0)) % series.size()];
}

std::string picture_png(const at::Tensor& rgb) {
  const auto bytes = rgb.to(at::kCPU, at::kByte).contiguous();
  const auto height = bytes.size(0), width = bytes.size(1);
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)),
                        cairo_surface_destroy);
  const auto stride = cairo_image_surface_get_stride(surface.get());
  unsigned char* const rows = cairo_image_surface_get_data(surface.get());
  const auto* from = bytes.const_data_ptr<std::uint8_t>();
  for (std::int64_t y = 0; rows != nullptr && y < height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(rows + y * stride);
    for (std::int64_t x = 0; x < width; ++x, from += 3)
      row[x] = std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | std::uint32_t{from[2]};
  }
  cairo_surface_mark_dirty(surface.get());
  return written(surface);
}

std::string overlay_png(const at::Tensor& image, const at::Tensor& truth, const at::Tensor& prediction, double aspect,
                        const std::vector<Label>& labels, double wanted_width) {
  const auto shown = image.to(at::kCPU), real = whole(truth), found = whole(prediction);
  const double scale_x = std::max(1.0, std::round(wanted_width / static_cast<double>(image.size(1))));
  const double scale_y = scale_x * std::clamp(std::isfinite(aspect) ? aspect : 1.0, 0.1, 10.0);
  const auto width = static_cast<int>(static_cast<double>(image.size(1)) * scale_x);
  const auto height = static_cast<int>(std::lround(static_cast<double>(image.size(0)) * scale_y));

  const Surface source = picture(shown, found, labels);
  const Surface target(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy);
  const Canvas canvas(cairo_create(target.get()), cairo_destroy);
  cairo_save(canvas.get());
  cairo_scale(canvas.get(), scale_x, scale_y);
  cairo_set_source_surface(canvas.get(), source.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(canvas.get()), CAIRO_FILTER_NEAREST);
  cairo_paint(canvas.get());
  cairo_restore(canvas.get());

  cairo_set_line_cap(canvas.get(), CAIRO_LINE_CAP_SQUARE);
  const auto ids = std::get<0>(at::_unique(real));
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    const auto id = ids[i].item<std::int64_t>();
    if (id <= 0) continue;
    const auto colour = colour_of(id, labels);
    // A dark line below keeps the outline visible on its own tint.
    for (const bool dark : {true, false}) {
      outline(canvas.get(), real, id, scale_x, scale_y);
      if (dark)
        cairo_set_source_rgba(canvas.get(), 0, 0, 0, 0.55);
      else
        cairo_set_source_rgb(canvas.get(), (colour[0] + 255) / 510.0, (colour[1] + 255) / 510.0, (colour[2] + 255) / 510.0);
      cairo_set_line_width(canvas.get(), dark ? 4 : 1.8);
      cairo_stroke(canvas.get());
    }
  }
  return written(target);
}

std::int64_t shown_slice(const at::Tensor& truth, const at::Tensor& prediction) {
  // The plane with the most foreground, and how much: plane by plane, since a sum of all would copy the volume as int64.
  const auto largest = [](const at::Tensor& labels) {
    std::pair<std::int64_t, std::int64_t> best{0, 0};
    for (std::int64_t plane = 0; plane < labels.size(0); ++plane)
      if (const auto area = at::count_nonzero(labels[plane] > 0).item<std::int64_t>(); area > best.second) best = {plane, area};
    return best;
  };
  const auto real = largest(truth);
  return (real.second > 0 ? real : largest(prediction)).first;
}

Overlay draw_overlay(const std::string& case_id, double dice, const at::Tensor& image, const at::Tensor& truth,
                     const at::Tensor& prediction, const Geometry& geometry, const std::vector<Label>& labels) {
  const bool fits = image.dim() == truth.dim() + 1 && (truth.dim() == 2 || truth.dim() == 3) &&
                    truth.sizes() == prediction.sizes() && image.sizes().slice(1) == truth.sizes() && truth.numel() > 0 &&
                    image.size(0) > 0;
  if (!fits)
    throw Error(
        ErrorKind::data,
        c10::str("no picture of image ", image.sizes(), ", truth ", truth.sizes(), " and prediction ", prediction.sizes()),
        case_id);
  const double aspect = geometry.spacing[1] / geometry.spacing[0];
  if (truth.dim() == 2) return {case_id, -1, dice, overlay_png(image[0], truth, prediction, aspect, labels)};
  const auto slice = shown_slice(truth, prediction);
  return {case_id, slice, dice, overlay_png(image[0][slice], truth[slice], prediction[slice], aspect, labels)};
}

}  // namespace plexus
