#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <plexus/data/nifti.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"

namespace plexus {
namespace {

using test::expect_error;

NiftiHeader blank() {
  NiftiHeader h;
  h.dim = {3, 11, 13, 17, 1, 1, 1, 1};
  h.pixdim = {1, 1, 1, 1, 1, 1, 1, 1};
  return h;
}

Geometry read(NiftiHeader& h, std::vector<std::string>& notes, std::string source = "") {
  return nifti_geometry(h, "f.nii", source, notes);
}

// Oblique, anisotropic and asymmetric, right- or left-handed.
Geometry oblique(bool left_handed) {
  const double a = 0.4, b = -0.7, c = 1.9;
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b), cc = std::cos(c), sc = std::sin(c);
  Geometry g;
  g.known = true;
  g.spacing = {0.7, 1.3, 4.1};
  g.origin = {-71.5, 33.25, 110.75};
  g.direction = {ca * cb,
                 ca * sb * sc - sa * cc,
                 ca * sb * cc + sa * sc,
                 sa * cb,
                 sa * sb * sc + ca * cc,
                 sa * sb * cc - ca * sc,
                 -sb,
                 cb * sc,
                 cb * cc};
  if (left_handed)
    for (std::size_t row = 0; row < 3; ++row) g.direction[3 * row + 2] *= -1;
  return g;
}

TEST(NiftiGeometry, SformIsLpsAfterwards) {
  auto h = blank();
  h.sform_code = 1;
  h.pixdim = {1, 2, 3, 4, 1, 1, 1, 1};
  h.srow = {{{2, 0, 0, 10}, {0, 3, 0, 20}, {0, 0, 4, 30}}};
  std::vector<std::string> notes;
  const auto g = read(h, notes);
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(g.spacing, (std::array<double, 3>{2, 3, 4}));
  EXPECT_EQ(g.origin, (std::array<double, 3>{-10, -20, 30}));
  EXPECT_EQ(g.direction, (std::array<double, 9>{-1, 0, 0, 0, -1, 0, 0, 0, 1}));
}

TEST(NiftiGeometry, SformWinsOverQform) {
  auto h = blank();
  set_nifti_geometry(h, oblique(false));
  h.qform_code = 1;
  h.sform_code = 2;
  h.qoffset = {500, 500, 500};
  std::vector<std::string> notes;
  std::string source;
  EXPECT_LT(corner_distance(nifti_geometry(h, "x", source, notes), oblique(false), {17, 13, 11}), 1e-9);
  EXPECT_EQ(source, "sform");
}

TEST(NiftiGeometry, QformEqualsTheSformItWasMadeWith) {
  for (const bool left : {false, true}) {
    auto h = blank();
    set_nifti_geometry(h, oblique(left));
    EXPECT_EQ(h.pixdim[0], left ? -1 : 1);
    h.sform_code = 0;
    std::vector<std::string> notes;
    std::string source;
    const auto g = nifti_geometry(h, "x", source, notes);
    EXPECT_EQ(source, "qform");
    EXPECT_LT(corner_distance(g, oblique(left), {17, 13, 11}), 1e-9) << left;
  }
}

TEST(NiftiGeometry, QuaternionOfHalfTurns) {
  // Rotations by 180 degrees have a = 0, where the usual formula divides by zero.
  for (const auto& direction :
       {std::array<double, 9>{1, 0, 0, 0, -1, 0, 0, 0, -1}, std::array<double, 9>{-1, 0, 0, 0, 1, 0, 0, 0, -1},
        std::array<double, 9>{0, 1, 0, 1, 0, 0, 0, 0, -1}}) {
    Geometry g;
    g.known = true;
    g.spacing = {1, 2, 3};
    g.direction = direction;
    auto h = blank();
    set_nifti_geometry(h, g);
    h.sform_code = 0;
    std::vector<std::string> notes;
    EXPECT_LT(corner_distance(read(h, notes), g, {17, 13, 11}), 1e-9);
  }
}

TEST(NiftiGeometry, PixdimAlone) {
  auto h = blank();
  h.pixdim = {1, 0.5, 0.5, 3, 1, 1, 1, 1};
  h.xyzt_units = 2;
  std::vector<std::string> notes;
  const auto g = read(h, notes);
  EXPECT_TRUE(g.known);
  EXPECT_EQ(g.spacing, (std::array<double, 3>{0.5, 0.5, 3}));
}

TEST(NiftiGeometry, SaysNothingWhereNothingWasSaid) {
  auto h = blank();
  std::vector<std::string> notes;
  EXPECT_FALSE(read(h, notes).known);
}

TEST(NiftiGeometry, PixdimIsRepairedWithANote) {
  auto h = blank();
  h.sform_code = 1;
  h.srow = {{{0.5, 0, 0, 0}, {0, 0.5, 0, 0}, {0, 0, 3, 0}}};
  std::vector<std::string> notes;
  const auto g = read(h, notes);
  EXPECT_EQ(g.spacing, (std::array<double, 3>{0.5, 0.5, 3}));
  EXPECT_EQ(h.pixdim[3], 3);
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[2], "pixdim of axis 3 says 1, the sform says 3: the latter is taken");
}

TEST(NiftiGeometry, MetresAndMicrometres) {
  auto h = blank();
  h.sform_code = 1;
  h.pixdim = {1, 5, 5, 5, 1, 1, 1, 1};
  h.srow = {{{5, 0, 0, 100}, {0, 5, 0, 0}, {0, 0, 5, 0}}};
  std::vector<std::string> notes;
  h.xyzt_units = 3;
  const auto g = read(h, notes);
  EXPECT_DOUBLE_EQ(g.spacing[0], 0.005);
  EXPECT_DOUBLE_EQ(g.origin[0], -0.1);
  h.xyzt_units = 1;
  EXPECT_DOUBLE_EQ(read(h, notes).spacing[0], 5000);
}

TEST(NiftiGeometry, ShearIsRefusedByName) {
  auto h = blank();
  h.sform_code = 1;
  h.srow = {{{1, 0.1, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  std::vector<std::string> notes;
  expect_error(ErrorKind::data, {"f.nii", "sform", "axes 1 and 2 are sheared: 84.29 degrees"}, [&] { read(h, notes); });
  h.srow[0][1] = 1e-4;
  EXPECT_NO_THROW(read(h, notes));
}

TEST(NiftiGeometry, NoNumbersAndNoLength) {
  auto h = blank();
  h.sform_code = 1;
  std::vector<std::string> notes;
  expect_error(ErrorKind::data, {"axis 1 has no length"}, [&] { read(h, notes); });
  h.srow = {{{std::numeric_limits<double>::quiet_NaN(), 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  expect_error(ErrorKind::data, {"not finite"}, [&] { read(h, notes); });
  h.srow = {{{1, 0, 0, std::numeric_limits<double>::infinity()}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  expect_error(ErrorKind::data, {"origin is not finite"}, [&] { read(h, notes); });
}

}  // namespace
}  // namespace plexus
