#include "phantom/scene.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace plexus::phantom {
namespace {

Grid plane(std::int64_t side) { return {{side, side, 1}, {1, 1, 1}}; }

TEST(Lobe, EndsAtItsRadiiAndTurnsWithItsAngle) {
  const Lobe lobe({10, 0, 0}, {4, 2, 6}, std::acos(-1) / 2);
  EXPECT_TRUE(lobe.contains({10, 3.9, 0}));
  EXPECT_FALSE(lobe.contains({10, 4.1, 0}));
  EXPECT_TRUE(lobe.contains({11.9, 0, 0}));
  EXPECT_FALSE(lobe.contains({12.1, 0, 0}));
  EXPECT_TRUE(lobe.contains({10, 0, 5.9}));
  EXPECT_FALSE(lobe.contains({10, 0, 6.1}));
}

TEST(Lobe, BoxHoldsEveryPointOfALeaningUnevenOne) {
  const Lobe lobe({1, 2, 3}, {4, 3, 5}, 0.7, {{3, 0.3, 1, 0.1}, {5, -0.1, 0, 0}}, 0.5, -0.2);
  const Box box = lobe.box();
  Rng rng(7);
  int inside = 0;
  for (int i = 0; i < 20000; ++i) {
    const Point point{rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(-12, 12)};
    if (!lobe.contains(point)) continue;
    ++inside;
    EXPECT_TRUE(point.x >= box.low.x && point.x <= box.high.x && point.y >= box.low.y && point.y <= box.high.y &&
                point.z >= box.low.z && point.z <= box.high.z);
  }
  EXPECT_GT(inside, 100);
}

TEST(Lobe, InfiniteHeightIsACylinder) {
  const Lobe lobe({0, 0, 0}, {2, 2, std::numeric_limits<double>::infinity()});
  EXPECT_TRUE(lobe.contains({1.9, 0, 1e6}));
  EXPECT_FALSE(lobe.contains({2.1, 0, 0}));
}

TEST(Capsule, HasRoundEndsAndAnEvenTaper) {
  const Capsule capsule({0, 0, 0}, {10, 0, 0}, 2, 1);
  EXPECT_TRUE(capsule.contains({-1.9, 0, 0}));
  EXPECT_FALSE(capsule.contains({11.1, 0, 0}));
  EXPECT_TRUE(capsule.contains({5, 1.4, 0}));
  EXPECT_FALSE(capsule.contains({5, 1.6, 0}));
  EXPECT_TRUE(Capsule({1, 1, 1}, {1, 1, 1}, 1, 1).contains({1, 1, 1.5}));
}

TEST(Grid, IndexInvertsAt) {
  const Grid grid{{8, 9, 10}, {0.5, 2, 3}};
  const Point index = grid.index(grid.at(1.5, 2, 7));
  EXPECT_NEAR(index.x, 1.5, 1e-12);
  EXPECT_NEAR(index.y, 2, 1e-12);
  EXPECT_NEAR(index.z, 7, 1e-12);
}

TEST(Render, EdgeVoxelsAreMixedAndLabelledByTheLargerPart) {
  Scene scene({0, 0, 0, 0});
  const int bright = scene.material({900, 0, 0, 1});
  // Covers x < 0.2: two thirds of the samples of the column at x = 0.
  scene.add(std::make_unique<Lobe>(Point{-100000, 0, 0}, Point{100000.2, 100000.2, 5}), bright);
  const Picture picture = render(scene, plane(3), {}, Rng(1));
  EXPECT_EQ(picture.image[3], 900);
  EXPECT_EQ(picture.image[4], 600);
  EXPECT_EQ(picture.image[5], 0);
  EXPECT_EQ(picture.label[4], 1);
  EXPECT_EQ(picture.label[5], 0);
}

TEST(Render, LaterLayersHideEarlierOnesButMayKeepTheirTruth) {
  Scene scene({0, 0, 0, 0});
  const int lesion = scene.material({100, 0, 0, 1}), hair = scene.material({50, 0, 0, Material::keep}),
            mark = scene.material({70, 0, 0, 0});
  scene.add(std::make_unique<Lobe>(Point{0, 0, 0}, Point{2, 2, 2}), lesion);
  scene.add(std::make_unique<Capsule>(Point{-5, 0, 0}, Point{5, 0, 0}, 0.6, 0.6), hair);
  scene.add_within(std::make_unique<Lobe>(Point{0, 0, 0}, Point{20, 20, 2}), mark, {0});
  const Picture picture = render(scene, plane(9), {}, Rng(1));
  const auto at = [](int i, int j) { return static_cast<std::size_t>(j * 9 + i); };
  EXPECT_EQ(picture.image[at(4, 4)], 50);
  EXPECT_EQ(picture.label[at(4, 4)], 1);
  EXPECT_EQ(picture.image[at(8, 4)], 50);
  EXPECT_EQ(picture.label[at(8, 4)], 0);
  EXPECT_EQ(picture.image[at(4, 3)], 100);
  EXPECT_EQ(picture.image[at(0, 0)], 70);
}

TEST(Render, FollowsTheWarp) {
  Scene scene({0, 0, 0, 0});
  scene.add(std::make_unique<Lobe>(Point{0, 0, 0}, Point{1.2, 1.2, 2}), scene.material({100, 0, 0, 1}));
  scene.set_warp([](const Point& point) { return Point{point.x - 3, point.y, point.z}; }, 3);
  const Picture picture = render(scene, plane(9), {}, Rng(1));
  EXPECT_EQ(picture.label[4 * 9 + 7], 1);
  EXPECT_EQ(picture.label[4 * 9 + 4], 0);
}

TEST(Render, NoiseHasItsStrengthAndRicianNoiseNoNegatives) {
  const Scene scene({0, 0, 0, 0});
  Look look;
  look.noise = 20;
  const Picture gaussian = render(scene, plane(100), look, Rng(3));
  double sum = 0, squares = 0;
  for (const auto value : gaussian.image) {
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 1e4, 0, 1);
  EXPECT_NEAR(std::sqrt(squares / 1e4), 20, 1);
  look.rician = true;
  const Picture rician = render(scene, plane(100), look, Rng(3));
  EXPECT_GE(*std::min_element(rician.image.begin(), rician.image.end()), 0);
  EXPECT_EQ(render(scene, plane(100), look, Rng(3)).image, rician.image);
  EXPECT_NE(render(scene, plane(100), look, Rng(4)).image, rician.image);
}

TEST(Scene, HoldsAtMost64Materials) {
  Scene scene({0, 0, 0, 0});
  for (int i = 1; i < 64; ++i) scene.material({0, 0, 0, 0});
  EXPECT_THROW(scene.material({0, 0, 0, 0}), std::logic_error);
}

}  // namespace
}  // namespace plexus::phantom
