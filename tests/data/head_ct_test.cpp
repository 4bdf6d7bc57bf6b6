#include <plexus/data/head_ct.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/data/geometry.hpp>
#include <plexus/data/resample.hpp>


namespace plexus {
namespace {

TEST(HeadMask, ASliceWithoutAHeadIsAllMask) {
  EXPECT_EQ(head_mask(torch::full({1, 6, 7}, -1.0F)).sum().item<int>(), 42);  // no foreground
  EXPECT_EQ(head_mask(torch::zeros({1, 6, 7})).sum().item<int>(), 42);        // no background
  auto ring = torch::full({1, 9, 9}, -1.0F);
  ring.slice(1, 2, 7).slice(2, 2, 7).fill_(0.5);
  ring[0][4][4] = -1;  // a hole is of the head
  EXPECT_EQ(head_mask(ring).sum().item<int>(), 25);
}

TEST(Windowed, TakesBothEnds) {
  const auto hu = torch::tensor({-5.0, 20.0, 60.0, 100.0});
  EXPECT_TRUE(torch::equal(windowed(hu, 20, 60), torch::tensor({-1.0F, -1.0F, 1.0F, 1.0F})));
  EXPECT_FLOAT_EQ(windowed(hu, 0, 80)[1].item<float>(), -0.5F);
}

// An oblique grid whose axes run forwards, downwards and to the right.
Geometry odd_grid() {
  Geometry geometry;
  geometry.known = true;
  geometry.spacing = {0.8, 3, 1.2};
  geometry.origin = {12, -7, 30};
  const double c = std::cos(0.3), s = std::sin(0.3);
  // Columns: i to -y (tilted), j to -z (tilted), k to -x.
  geometry.direction = {0, 0, -1, -c, s, 0, -s, -c, 0};
  return geometry;
}

TEST(AxialSlices, EverySampleStaysAtItsPlace) {
  const auto geometry = odd_grid();
  const auto volume = torch::rand({14, 9, 20});  // k, j, i
  const auto slices = axial_slices(volume, geometry, 20, -5);
  EXPECT_EQ(slices.image.sizes(), at::IntArrayRef({9, 20, 20}));
  EXPECT_EQ(axis_code(slices.geometry), "LPS");
  const auto back = resample_to(slices.image, slices.geometry, geometry, volume.sizes(), Interpolation::linear);
  EXPECT_TRUE(torch::equal(back, volume));
}

TEST(AxialSlices, ZoomKeepsWorldPlaces) {
  auto geometry = odd_grid();
  // Values that grow linearly in space come back as what they were, away from the border.
  auto volume = torch::empty({40, 5, 40});
  for (std::int64_t k = 0; k < 40; ++k)
    for (std::int64_t j = 0; j < 5; ++j)
      for (std::int64_t i = 0; i < 40; ++i)
        volume[k][j][i] = world_of(geometry, {double(i), double(j), double(k)})[0] + 2 * world_of(geometry, {double(i), double(j), double(k)})[1];
  const auto slices = axial_slices(volume, geometry, 20, 0);
  for (const std::int64_t row : {4, 8, 11})
    for (const std::int64_t column : {3, 7, 12}) {
      const auto world = world_of(slices.geometry, {double(column), double(row), 2});
      EXPECT_NEAR(slices.image[2][row][column].item<double>(), world[0] + 2 * world[1], 1e-3);
    }
  EXPECT_DOUBLE_EQ(slices.geometry.spacing[0], 1.2 * 2);
  EXPECT_DOUBLE_EQ(slices.geometry.spacing[1], 0.8 * 2);
}

TEST(AxialSlices, WithoutGeometryPlanesAreTakenAsStored) {
  const auto volume = torch::rand({3, 8, 12});
  const auto slices = axial_slices(volume, Geometry(), 12, 7);
  EXPECT_TRUE(torch::equal(slices.image.slice(1, 2, 10), volume));
  EXPECT_EQ(slices.image[0][0][0].item<float>(), 7);
  EXPECT_FALSE(slices.geometry.known);
}

}  // namespace
}  // namespace plexus
