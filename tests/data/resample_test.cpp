#include <plexus/data/resample.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include <plexus/data/geometry.hpp>
#include <plexus/data/resample_bspline.hpp>

#include "support/expect_error.hpp"
#include "support/oblique_volume.hpp"

namespace plexus {
namespace {

using test::numbered_volume;
using test::oblique_geometry;

// Another grid over the same middle, turned against the first by 23 degrees or so, with other distances: figures are those
// of SimpleITK 2.5 on these two (sitkNearestNeighbor, sitkLinear, sitkBSpline).
Geometry turned_geometry() {
  Geometry to;
  to.known = true;
  to.spacing = {1.1, 0.8, 1.9};
  to.origin = {-14.168103627290481, 6.374017058543512, 34.324077409412375};
  to.direction = {0.9495986813738215,  -0.22188365496578316, 0.221427161821048,    0.19249318242027594, 0.9702633571345485,
                  0.14674942086328668, -0.24740395925452294, -0.09672983749092606, 0.9640718953917106};
  return to;
}
const std::vector<std::int64_t> turned_size{4, 7, 6};
struct Place {
  std::int64_t z, y, x;
};
constexpr std::array<Place, 12> places{{{0, 0, 0},
                                        {3, 6, 5},
                                        {1, 3, 2},
                                        {2, 2, 3},
                                        {1, 1, 1},
                                        {2, 5, 4},
                                        {0, 3, 3},
                                        {3, 3, 2},
                                        {1, 6, 0},
                                        {2, 0, 5},
                                        {1, 4, 4},
                                        {2, 4, 1}}};
constexpr double outside = -7;

double sum_inside(const at::Tensor& values) { return values.masked_select(values.ne(outside)).sum().item<double>(); }

TEST(Resample, ObliqueNearestAsSimpleItk) {
  const auto out = resample_to(numbered_volume().to(at::kShort), oblique_geometry(), turned_geometry(), turned_size,
                               Interpolation::nearest, outside);
  const std::array<int, 12> expected{-7, -7, 32, 29, 13, 45, 42, 18, 38, 37, 27, 37};
  for (std::size_t i = 0; i < places.size(); ++i)
    EXPECT_EQ(out[places[i].z][places[i].y][places[i].x].item<int>(), expected[i]) << i;
  EXPECT_EQ(out.scalar_type(), at::kShort);
  EXPECT_EQ(out.eq(outside).sum().item<int>(), 20);
  EXPECT_EQ(sum_inside(out), 3758);
}

TEST(Resample, ObliqueLinearAsSimpleItk) {
  const auto out =
      resample_to(numbered_volume(), oblique_geometry(), turned_geometry(), turned_size, Interpolation::linear, outside);
  const std::array<double, 12> expected{-7,      -7,      22.8757, 27.7275, 29.7791, 31.4407,
                                        33.3634, 15.9027, 26.9661, 25.574,  25.2522, 28.1402};
  for (std::size_t i = 0; i < places.size(); ++i)
    EXPECT_NEAR(out[places[i].z][places[i].y][places[i].x].item<double>(), expected[i], 1e-4) << i;
  EXPECT_EQ(out.eq(outside).sum().item<int>(), 20);
  EXPECT_NEAR(sum_inside(out), 3785.1572, 1e-2);
}

TEST(Resample, ObliqueSplineAsSimpleItk) {
  const auto out =
      resample_to(numbered_volume(), oblique_geometry(), turned_geometry(), turned_size, Interpolation::bspline, outside);
  const std::array<double, 12> expected{-7,     -7,      25.0147, 30.0309, 34.248,  35.6004,
                                        37.003, 11.8705, 27.4667, 28.6274, 23.7073, 30.958};
  // Within half a voxel beyond the border SimpleITK goes on by mirroring and we repeat the border, so sums differ.
  for (std::size_t i = 0; i < places.size(); ++i)
    EXPECT_NEAR(out[places[i].z][places[i].y][places[i].x].item<double>(), expected[i], 1e-3) << i;
}

// The corners of both grids at one place: 5 x 6 x 7 voxels become 8 x 11 x 10. Figures: scipy.ndimage.map_coordinates with
// mode='mirror', SciPy 1.17.
TEST(Resample, ParallelSplineAndLinearAsScipy) {
  Geometry from = oblique_geometry(), to = from;
  const std::vector<std::int64_t> size{8, 11, 10};
  to.spacing = {from.spacing[0] * 6 / 9, from.spacing[1] * 5 / 10, from.spacing[2] * 4 / 7};
  constexpr std::array<Place, 8> at{{{0, 0, 0}, {7, 10, 9}, {3, 5, 4}, {1, 9, 2}, {6, 1, 8}, {4, 4, 4}, {2, 7, 5}, {5, 3, 1}}};
  const std::array<double, 8> spline{0, 27, 19.9235, 25.5654, 33.5029, 19.314, 21.8202, 9.7842};
  const std::array<double, 8> linear{0, 27, 19.8571, 24.2857, 32.2381, 20.1905, 21.0238, 17.2619};
  const auto b = resample_to(numbered_volume(), from, to, size, Interpolation::bspline);
  const auto l = resample_to(numbered_volume(), from, to, size, Interpolation::linear);
  for (std::size_t i = 0; i < at.size(); ++i) {
    EXPECT_NEAR(b[at[i].z][at[i].y][at[i].x].item<double>(), spline[i], 1e-3) << i;
    EXPECT_NEAR(l[at[i].z][at[i].y][at[i].x].item<double>(), linear[i], 1e-4) << i;
  }
  EXPECT_NEAR(b.sum(at::kDouble).item<double>(), 22465.824857, 0.05);
  EXPECT_NEAR(l.sum(at::kDouble).item<double>(), 22525.476190, 0.01);
  const auto whole = resample_to(numbered_volume().to(at::kShort), from, to, size, Interpolation::linear);
  EXPECT_TRUE(torch::equal(whole, l));
}

TEST(Resample, ParallelAndObliquePathsAgree) {
  // Turned by an angle that is just too large to pass for parallel, but moves no place by a hundredth of a voxel.
  const Geometry from = oblique_geometry();
  Geometry to = from, turned = from;
  to.spacing = {1.07, 0.91, 1.7};
  to.origin = world_of(from, {-0.3, 0.9, 0.45});
  turned = to;
  const double angle = 1e-3;
  for (std::size_t row = 0; row < 3; ++row) {
    const double x = to.direction[3 * row], y = to.direction[3 * row + 1];
    turned.direction[3 * row] = std::cos(angle) * x + std::sin(angle) * y;
    turned.direction[3 * row + 1] = -std::sin(angle) * x + std::cos(angle) * y;
  }
  const std::vector<std::int64_t> size{6, 7, 6};
  // A plane of intensities, which linear interpolation reproduces.
  const auto ramp = torch::arange(5, at::kFloat).view({5, 1, 1}) * 3 + torch::arange(6, at::kFloat).view({1, 6, 1}) * 2 +
                    torch::arange(7, at::kFloat);
  for (const auto how : {Interpolation::linear, Interpolation::bspline, Interpolation::nearest})
    for (const std::optional<double> fill : {std::optional<double>(0.0), std::optional<double>()}) {
      const auto straight = resample_to(ramp, from, to, size, how, fill),
                 oblique = resample_to(ramp, from, turned, size, how, fill);
      const auto apart = (straight - oblique).abs().gt(how == Interpolation::nearest ? 0.5 : 0.05).sum().item<int>();
      EXPECT_LE(apart, how == Interpolation::nearest ? 8 : fill ? 6 : 0);
    }
}

TEST(Resample, LinearReproducesPlanesOfIntensity) {
  // Whatever the grids, a linear function of the place stays itself within the first grid.
  const Geometry from = oblique_geometry(), to = turned_geometry();
  const auto ramp = torch::arange(5, at::kFloat).view({5, 1, 1}) * 30 + torch::arange(6, at::kFloat).view({1, 6, 1}) * 20 +
                    torch::arange(7, at::kFloat) * 10;
  const auto map = index_map(to, from);
  const auto out = resample_to(ramp, from, to, turned_size, Interpolation::linear, std::nan(""));
  int checked = 0;
  for (std::int64_t k = 0; k < 4; ++k)
    for (std::int64_t j = 0; j < 7; ++j)
      for (std::int64_t i = 0; i < 6; ++i) {
        Point p;
        for (std::size_t row = 0; row < 3; ++row)
          p[row] = map.offset[row] + map.matrix[3 * row] * double(i) + map.matrix[3 * row + 1] * double(j) +
                   map.matrix[3 * row + 2] * double(k);
        if (p[0] < 0 || p[1] < 0 || p[2] < 0 || p[0] > 6 || p[1] > 5 || p[2] > 4) continue;
        ++checked;
        EXPECT_NEAR(out[k][j][i].item<double>(), 10 * p[0] + 20 * p[1] + 30 * p[2], 1e-3);
      }
  EXPECT_GT(checked, 60);
}

TEST(Resample, GridsOfOneVoxelLatticeAreCopiedExactly) {
  const auto values = torch::stack({numbered_volume() + 0.123F, numbered_volume() * 2});
  const Geometry from = oblique_geometry();
  // Axes in another order, one turned round, a crop along one and padding along another.
  Geometry to = permuted(from, {2, 0, 1});
  to = flipped(to, 1, 7);
  to = shifted(to, {1, 2, -2});
  const std::vector<std::int64_t> size{9, 4, 4};  // y, x, z of the first grid
  const auto expected =
      torch::constant_pad_nd(values.permute({0, 2, 3, 1}).flip({2}).slice(3, 1, 5).slice(2, 2, 6), {0, 0, 0, 0, 2, 1}, -3);
  for (const auto how : {Interpolation::nearest, Interpolation::linear, Interpolation::bspline})
    EXPECT_TRUE(torch::equal(resample_to(values, from, to, size, how, -3), expected));
  // And back: what was cut is lost, the rest is exact.
  const auto back = resample_to(expected, to, from, {5, 6, 7}, Interpolation::linear, 0);
  EXPECT_TRUE(torch::equal(back.slice(1, 1, 5).slice(3, 1, 5), values.slice(1, 1, 5).slice(3, 1, 5)));
  EXPECT_EQ(back.select(1, 0).abs().sum().item<double>(), 0);
  // A header in float32 moves places by some millionths of a voxel.
  Geometry rounded = to;
  for (auto& one : rounded.direction) one = static_cast<float>(one);
  for (auto& one : rounded.origin) one = static_cast<float>(one);
  EXPECT_TRUE(torch::equal(resample_to(values, from, rounded, size, Interpolation::linear, -3), expected));
}

TEST(Resample, TypesAreKeptByNearestAlone) {
  const Geometry from = oblique_geometry();
  Geometry to = from;
  to.spacing = {0.5, 0.7, 1.1};
  for (const auto type : {at::kByte, at::kShort, at::kInt, at::kLong, at::kFloat, at::kDouble, at::kBool}) {
    const auto out = resample_to(numbered_volume().to(type), from, to, {6, 7, 8}, Interpolation::nearest);
    EXPECT_EQ(out.scalar_type(), type);
    const auto real = resample_to(numbered_volume().to(type).to(at::kFloat), from, to, {6, 7, 8}, Interpolation::nearest);
    EXPECT_TRUE(torch::equal(out.to(at::kFloat), real));
    EXPECT_EQ(resample_to(numbered_volume().to(type), from, to, {6, 7, 8}, Interpolation::linear).scalar_type(), at::kFloat);
  }
}

TEST(Resample, HalvesGoUpAndBordersReachHalfAVoxel) {
  Geometry from, to;
  to.spacing = {0.5, 1, 1};
  to.origin = {-1, 0, 0};
  const auto row = torch::tensor({1.F, 2.F, 3.F}).view({1, 1, 3});
  // At -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3.
  EXPECT_TRUE(torch::equal(resample_to(row, from, to, {1, 1, 9}, Interpolation::nearest).flatten(),
                           torch::tensor({0.F, 1.F, 1.F, 2.F, 2.F, 3.F, 3.F, 3.F, 0.F})));
  EXPECT_TRUE(torch::equal(resample_to(row, from, to, {1, 1, 9}, Interpolation::linear).flatten(),
                           torch::tensor({0.F, 1.F, 1.F, 1.5F, 2.F, 2.5F, 3.F, 3.F, 0.F})));
  EXPECT_TRUE(torch::equal(resample_to(row, from, to, {1, 1, 9}, Interpolation::linear, std::nullopt).flatten(),
                           torch::tensor({1.F, 1.F, 1.F, 1.5F, 2.F, 2.5F, 3.F, 3.F, 3.F})));
}

TEST(Resample, SplineCoefficientsGiveTheValuesBack) {
  // Along each axis: (c[k - 1] + 4 c[k] + c[k + 1]) / 6, mirrored, for lengths on both sides of the filter's horizon.
  for (const std::int64_t n : {1, 2, 3, 5, 28, 40}) {
    const auto values = torch::rand({n, 3, 2}, at::kFloat) * 100;
    auto c = values.clone();
    bspline_coefficients(c.mutable_data_ptr<float>(), n, 3, 2);
    for (std::int64_t axis = 0; axis < 3; ++axis) {
      const auto length = c.size(axis);
      if (length == 1) continue;
      std::vector<std::int64_t> before, behind;
      for (std::int64_t k = 0; k < length; ++k) {
        before.push_back(std::abs(k - 1));
        behind.push_back(k + 1 < length ? k + 1 : length - 2);
      }
      c = (c.index_select(axis, torch::tensor(before)) + 4 * c + c.index_select(axis, torch::tensor(behind))) / 6;
    }
    EXPECT_TRUE(torch::allclose(c, values, 1e-5, 1e-3)) << n;
  }
}

TEST(Resample, LabelsOfSmoothOutlineKeepTheirIds) {
  const auto label = numbered_volume().to(at::kLong).remainder(3) * 500;
  Geometry from = oblique_geometry(), to = from;
  to.spacing = {0.45, 0.65, 1.25};
  const auto fine = resample_label_linear(label, from, to, {9, 11, 13});
  EXPECT_EQ(fine.scalar_type(), at::kLong);
  EXPECT_TRUE(torch::equal(fine.slice(0, 0, 9, 2).slice(1, 0, 11, 2).slice(2, 0, 13, 2), label));
  EXPECT_TRUE(fine.remainder(500).eq(0).all().item<bool>());
  // Between 0, 500 and 500, 500 the majority wins; nearest would take the upper neighbour.
  const auto row = torch::tensor({7, 0, 9, 9}, at::kLong).view({1, 1, 4});
  Geometry unit, fourth;
  fourth.spacing = {0.25, 1, 1};
  EXPECT_TRUE(torch::equal(resample_label_linear(row, unit, fourth, {1, 1, 13}).flatten(),
                           torch::tensor({7, 7, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9}, at::kLong)));
}

TEST(Resample, LabelsOfSmoothOutlineAreThoseOfTheLargestShare) {
  // 53 ids on small spots, against whole masks, on parallel and on turned grids.
  const auto label = numbered_volume().to(at::kInt);
  Geometry parallel = oblique_geometry();
  parallel.spacing = {0.61, 1.7, 1.9};
  parallel.origin = world_of(oblique_geometry(), {-2.2, 0.4, -1.3});
  for (const Geometry& to : {parallel, turned_geometry()})
    for (const std::optional<double> fill :
         {std::optional<double>(0.0), std::optional<double>(99.0), std::optional<double>()}) {
      const std::vector<std::int64_t> size{8, 7, 15};
      at::Tensor best = torch::zeros(size), expected = torch::full(size, fill.value_or(0), at::kInt);
      for (int id = 0; id < 53; ++id) {
        const double around = fill && *fill == id ? 1 : 0;
        const auto share = resample_to(label.eq(id).to(at::kFloat), oblique_geometry(), to, size, Interpolation::linear,
                                       fill ? std::optional<double>(around) : std::nullopt);
        expected.masked_fill_(share.gt(best), id);
        best = torch::maximum(best, share);
      }
      const auto found = resample_label_linear(label, oblique_geometry(), to, size, fill);
      // Shares that are equal but for their last bit may fall either way.
      EXPECT_LE(found.ne(expected).sum().item<int>(), 2);
      EXPECT_EQ(found.scalar_type(), at::kInt);
    }
}

TEST(Resample, SizesOutOfReasonAreRefused) {
  const Geometry geometry;
  test::expect_error(ErrorKind::data, {"out of reason"}, [&] {
    resample_to(torch::zeros({2, 2, 2}), geometry, geometry, {1 << 20, 1 << 20, 1 << 20}, Interpolation::linear);
  });
  Geometry flat;
  flat.direction = {1, 0, 0, 0, 1, 0, 0, 1, 0};
  test::expect_error(ErrorKind::data, {"do not span"}, [&] {
    resample_to(torch::zeros({2, 2, 2}), flat, geometry, {2, 2, 2}, Interpolation::linear);
  });
}

}  // namespace
}  // namespace plexus
