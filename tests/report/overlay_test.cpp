#include <plexus/report/overlay.hpp>

#include <ATen/ATen.h>
#include <cairo.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/thrown.hpp"

namespace plexus {
namespace {

const std::vector<Label> labels{{0, "background", {}}, {1, "a", {255, 0, 0}}, {2, "b", {0, 255, 0}}};

struct Pixels {
  int width, height;
  std::vector<std::uint32_t> rgb;
  std::uint32_t at(int y, int x) const { return rgb[static_cast<std::size_t>(y * width + x)] & 0xFFFFFF; }
};

Pixels decoded(const std::string& png) {
  std::pair<const std::string&, std::size_t> stream{png, 0};
  cairo_surface_t* surface = cairo_image_surface_create_from_png_stream(
      [](void* from, unsigned char* to, unsigned int count) {
        auto& [bytes, place] = *static_cast<std::pair<const std::string&, std::size_t>*>(from);
        if (place + count > bytes.size()) return CAIRO_STATUS_READ_ERROR;
        std::copy_n(bytes.data() + place, count, to);
        place += count;
        return CAIRO_STATUS_SUCCESS;
      },
      &stream);
  Pixels pixels{cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  for (int y = 0; y < pixels.height; ++y) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(surface) +
                                                             y * cairo_image_surface_get_stride(surface));
    pixels.rgb.insert(pixels.rgb.end(), row, row + pixels.width);
  }
  cairo_surface_destroy(surface);
  return pixels;
}

at::Tensor square(std::int64_t size, std::int64_t from, std::int64_t to, std::int64_t id) {
  auto label = at::zeros({size, size}, at::kLong);
  label.slice(0, from, to).slice(1, from, to).fill_(id);
  return label;
}

TEST(Overlay, TintsThePredictionAndOutlinesTheTruth) {
  const auto image = at::zeros({48, 48});
  const auto pixels = decoded(overlay_png(image, square(48, 10, 20, 2), square(48, 30, 40, 1), 1, labels));
  ASSERT_EQ(pixels.width, 480);  // ten of the picture's pixels for one of the image
  EXPECT_EQ(pixels.at(5, 5), 0x000000u);
  EXPECT_EQ(pixels.at(350, 350), 0x730000u);  // 45% of red
  EXPECT_EQ(pixels.at(150, 150), 0x000000u);  // inside the truth nothing is painted
  const std::uint32_t border = pixels.at(100, 150);
  EXPECT_GT(border >> 8 & 0xFF, 200u);  // green, on the border
  EXPECT_EQ(pixels.at(90, 150), 0x000000u);
}

TEST(Overlay, StretchesPixelsThatAreNotSquare) {
  const auto pixels =
      decoded(overlay_png(at::rand({20, 48}), at::zeros({20, 48}, at::kByte), at::zeros({20, 48}, at::kByte), 2, labels));
  EXPECT_EQ(pixels.width, 480);
  EXPECT_EQ(pixels.height, 400);
}

TEST(Overlay, TakesFlatAndBrokenImages) {
  auto image = at::full({8, 8}, 5.0);
  EXPECT_NO_THROW(overlay_png(image, square(8, 0, 8, 1), square(8, 0, 8, 7), 1, labels));
  image[0][0] = std::nan("");
  image[0][1] = INFINITY;
  EXPECT_NO_THROW(overlay_png(image, square(8, 0, 8, 1), square(8, 0, 8, -1), NAN, labels));
}

TEST(Overlay, ShowsTheSliceWithTheLargestTruth) {
  auto truth = at::zeros({4, 8, 8}, at::kByte), prediction = at::zeros({4, 8, 8}, at::kLong);
  prediction[3].fill_(1);
  EXPECT_EQ(shown_slice(truth, prediction), 3);  // no truth: the prediction's
  truth[1].slice(0, 0, 3).fill_(1);
  truth[2].slice(0, 0, 2).fill_(2);
  EXPECT_EQ(shown_slice(truth, prediction), 1);
  const Overlay overlay = draw_overlay("c", 0.5, at::rand({2, 4, 8, 8}), truth, prediction, {}, labels);
  EXPECT_EQ(overlay.slice, 1);
  EXPECT_EQ(overlay.case_id, "c");
  EXPECT_EQ(draw_overlay("c", 0.5, at::rand({1, 8, 8}), truth[1], prediction[1], {}, labels).slice, -1);
}

TEST(Overlay, RefusesShapesThatDoNotFit) {
  const auto wrong = [](at::IntArrayRef image, at::IntArrayRef truth, at::IntArrayRef prediction) {
    return test::thrown([&] {
      draw_overlay("case7", 0, at::rand(image), at::zeros(truth, at::kLong), at::zeros(prediction, at::kLong), {}, labels);
    });
  };
  EXPECT_EQ(wrong({1, 8, 8}, {8, 8}, {8, 9}).where(), "case7");
  EXPECT_EQ(wrong({8, 8}, {8, 8}, {8, 8}).kind(), ErrorKind::data);
  EXPECT_EQ(wrong({1, 8, 8}, {9, 8}, {9, 8}).kind(), ErrorKind::data);
  EXPECT_EQ(wrong({1, 0, 8}, {0, 8}, {0, 8}).kind(), ErrorKind::data);
  EXPECT_EQ(wrong({1, 1, 1, 8, 8}, {1, 1, 8, 8}, {1, 1, 8, 8}).kind(), ErrorKind::data);
}

TEST(LabelColour, IsTheLabelsOwnOrOneOfASeries) {
  EXPECT_EQ(label_colour(labels[1]), (std::array<std::uint8_t, 3>{255, 0, 0}));
  EXPECT_NE(label_colour({1, "", {}}), label_colour({2, "", {}}));
  EXPECT_NO_THROW(label_colour({-5, "", {}}));
  EXPECT_NO_THROW(label_colour({1000000, "", {}}));
}

}  // namespace
}  // namespace plexus
