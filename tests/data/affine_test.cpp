#include <plexus/data/affine.hpp>

#include <gmock/gmock.h>

namespace plexus {
namespace {

TEST(Affine, TurnsLpsIntoRas) {
  Geometry geometry;
  geometry.spacing = {2, 3, 5};
  geometry.origin = {10, -20, 30};
  geometry.direction = {0, 1, 0, -1, 0, 0, 0, 0, 1};
  EXPECT_THAT(ras_affine(geometry), testing::ElementsAre(0, -3, 0, -10, 2, 0, 0, 20, 0, 0, 5, 30, 0, 0, 0, 1));
}

}  // namespace
}  // namespace plexus
