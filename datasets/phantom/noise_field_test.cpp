#include "phantom/noise_field.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace plexus::phantom {
namespace {

TEST(NoiseField, HasUnitVarianceBetweenItsNodesToo) {
  const Grid grid{{200, 200, 4}, {1, 1, 1}};
  const NoiseField field(grid, 3, Rng(5));
  double sum = 0, squares = 0;
  for (int j = 0; j < 200; ++j)
    for (int i = 0; i < 200; ++i) {
      const double value = field.at(grid.at(i, j, 1));
      sum += value;
      squares += value * value;
    }
  EXPECT_NEAR(sum / 40000, 0, 0.05);
  EXPECT_NEAR(squares / 40000, 1, 0.06);
}

TEST(NoiseField, IsOneFieldOnAnyGrid) {
  const Grid coarse{{10, 10, 2}, {4, 4, 4}}, fine{{80, 80, 16}, {1, 1, 1}};
  const NoiseField a(coarse, 6, Rng(5)), b(fine, 6, Rng(5));
  for (const Point& point : {Point{0, 0, 0}, Point{7.3, -11.2, 1.5}, Point{-15, 15, -2}}) EXPECT_EQ(a.at(point), b.at(point));
}

TEST(NoiseField, IsSmooth) {
  const Grid grid{{50, 50, 1}, {1, 1, 1}};
  const NoiseField field(grid, 10, Rng(5));
  for (int i = 0; i < 490; ++i) {
    const double here = field.at(grid.at(i * 0.1, 20, 0)), next = field.at(grid.at((i + 1) * 0.1, 20, 0));
    EXPECT_LT(std::abs(next - here), 0.2);
  }
}

}  // namespace
}  // namespace plexus::phantom
