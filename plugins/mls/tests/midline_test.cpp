#include "midline.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus::mls {
namespace {

// An ellipse of half axes 20 (along) and 14 pixels about (32, 30), turned.
at::Tensor head(double angle) {
  const auto rows = torch::arange(64, at::kDouble).view({64, 1}) - 32, columns = torch::arange(64, at::kDouble) - 30;
  const auto along = rows * std::cos(angle) + columns * std::sin(angle), across = columns * std::cos(angle) - rows * std::sin(angle);
  return ((along / 20).square() + (across / 14).square() <= 1).to(at::kByte).unsqueeze(0);
}

TEST(Midline, IsTheLongAxisOfTheHead) {
  for (const double angle : {-0.2, 0.0, 0.15}) {
    const auto line = ideal_midline(head(angle), {});
    EXPECT_NEAR(line.row0, 32, 0.1);
    EXPECT_NEAR(line.column0, 30, 0.1);
    EXPECT_NEAR(line.normal_column, std::cos(angle), 0.01);
    EXPECT_NEAR(line.normal_row, -std::sin(angle), 0.02);
  }
}

TEST(Midline, PixelsAreTakenAtTheirSize) {
  // A head that is wider than long in pixels, not in mm.
  const auto wide = head(std::numbers::pi / 2);
  EXPECT_NEAR(ideal_midline(wide, {3, 1}).normal_column, 1, 0.01);
}

TEST(Midline, ThePictureShowsWhereTheMidlineWent) {
  auto field = torch::zeros({2, 64, 64});
  field[1].fill_(-4);  // the line came from 4 columns further left
  const auto picture = midline_picture(torch::zeros({1, 64, 64}), head(0), field, 32 * 64 + 34, {});
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({512, 512, 3}));
  const auto is = [&](int r, int g, int b) {
    return (picture.select(2, 0) == r).logical_and(picture.select(2, 1) == g).logical_and(picture.select(2, 2) == b).nonzero().to(at::kDouble);
  };
  const auto ideal = is(40, 210, 90), shifted = is(240, 60, 50), way = is(250, 220, 60);
  ASSERT_GT(ideal.size(0), 100);
  ASSERT_GT(shifted.size(0), 100);
  ASSERT_GT(way.size(0), 10);
  const double apart = shifted.select(1, 1).mean().item<double>() - ideal.select(1, 1).mean().item<double>();
  EXPECT_NEAR(apart, 4 * 8, 2);
}

}  // namespace
}  // namespace plexus::mls
