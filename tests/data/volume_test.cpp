#include <plexus/data/volume.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <plexus/base/file.hpp>
#include <plexus/data/nifti_file.hpp>

#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::expect_error;
using test::TemporaryFolder;

// [D, H, W] = [4, 3, 5]: every voxel another value, no symmetry.
at::Tensor ramp(at::ScalarType type = at::kShort) { return torch::arange(60).reshape({4, 3, 5}).to(type); }

Geometry oblique() {
  const double c = std::cos(0.3), s = std::sin(0.3);
  Geometry g;
  g.known = true;
  g.spacing = {0.7, 1.3, 4.1};
  g.origin = {-71.5, 33.25, 110.75};
  g.direction = {c, -s * c, s * s, s, c * c, -c * s, 0, s, c};
  return g;
}

TEST(Volume, NiftiImageComesBackWithItsPlace) {
  TemporaryFolder folder;
  for (const std::string name : {"a.nii", "a.nii.gz", "A.NII.GZ"}) {
    for (const auto type : {at::kByte, at::kShort, at::kInt, at::kLong, at::kFloat}) {
      write_image(folder / name, ramp(type), oblique());
      const auto back = read_volume(folder / name);
      EXPECT_EQ(back.data.scalar_type(), type);
      EXPECT_TRUE(torch::equal(back.data, ramp(type).unsqueeze(0))) << name << type;
      EXPECT_LT(corner_distance(back.geometry, oblique(), {4, 3, 5}), 1e-4);
    }
  }
}

TEST(Volume, OtherFormatsComeBackWithTheirPlace) {
  TemporaryFolder folder;
  for (const std::string name : {"a.nrrd", "a.mha"}) {
    write_image(folder / name, ramp(), oblique());
    const auto back = read_volume(folder / name);
    EXPECT_TRUE(torch::equal(back.data, ramp().unsqueeze(0))) << name;
    EXPECT_LT(corner_distance(back.geometry, oblique(), {4, 3, 5}), 1e-3) << name;
    std::vector<std::int64_t> shape;
    read_volume_geometry(folder / name, shape);
    EXPECT_EQ(shape, (std::vector<std::int64_t>{1, 4, 3, 5}));
  }
}

TEST(Volume, PngIsAPlaneWithoutSpacing) {
  TemporaryFolder folder;
  const auto plane = torch::arange(60, at::kByte).reshape({1, 6, 10});
  write_label(folder / "a.png", plane, Geometry{});
  const auto back = read_volume(folder / "a.png");
  EXPECT_TRUE(torch::equal(back.data, plane.unsqueeze(0)));
  EXPECT_FALSE(back.geometry.known);
  expect_error(ErrorKind::data, {"PNG holds one plane"}, [&] { write_image(folder / "b.png", ramp(), Geometry{}); });
  EXPECT_FALSE(std::filesystem::exists(folder / "b.png"));
}

TEST(Volume, LabelKeepsTheHeaderOfItsInput) {
  TemporaryFolder folder;
  NiftiHeader header;
  header.descrip = "acquired somewhere";
  header.xyzt_units = 10;
  header.scl_slope = 2;
  header.scl_inter = 1;
  header.cal_max = 900;
  header.qform_code = 1;
  header.sform_code = 3;
  set_nifti_geometry(header, oblique());
  write_nifti_file(folder / "in.nii.gz", ramp(), header);
  auto bytes = read_nifti_header(folder / "in.nii.gz");
  const auto image = read_volume(folder / "in.nii.gz");
  write_label(folder / "out.nii.gz", ramp(at::kLong).remainder(7), image.geometry, image.header.get());
  const auto out = read_nifti_header(folder / "out.nii.gz");
  EXPECT_EQ(out.descrip, "acquired somewhere");
  EXPECT_EQ(out.xyzt_units, 10);
  EXPECT_EQ(out.sform_code, 3);
  EXPECT_EQ(out.srow, bytes.srow);
  EXPECT_EQ(out.quatern, bytes.quatern);
  EXPECT_EQ(out.datatype, 2);  // uint8
  EXPECT_EQ(out.scl_slope, 1);
  EXPECT_EQ(out.scl_inter, 0);
  EXPECT_EQ(out.intent_code, 1002);
  EXPECT_EQ(out.cal_max, 0);
  EXPECT_TRUE(torch::equal(read_volume(folder / "out.nii.gz").data[0], ramp(at::kByte).remainder(7)));
}

TEST(Volume, LabelTypeIsTheSmallestThatHolds) {
  TemporaryFolder folder;
  const auto stored = [&](std::int64_t low, std::int64_t high) {
    auto label = torch::zeros({1, 2, 2}, at::kLong);
    label[0][0][0] = low;
    label[0][1][1] = high;
    write_label(folder / "l.nii", label, Geometry{});
    EXPECT_TRUE(torch::equal(read_volume(folder / "l.nii").data[0].to(at::kLong), label));
    return read_nifti_header(folder / "l.nii").datatype;
  };
  EXPECT_EQ(stored(0, 255), 2);
  EXPECT_EQ(stored(-1, 255), 4);
  EXPECT_EQ(stored(0, 40000), 8);
  EXPECT_EQ(stored(0, std::int64_t{1} << 40), 1024);
}

TEST(Volume, HeaderOfAnotherGridIsNotUsedForItsPlace) {
  TemporaryFolder folder;
  NiftiHeader header;
  header.descrip = "kept";
  set_nifti_geometry(header, oblique());
  const Header like(header);
  Geometry other = oblique();
  other.origin[1] += 5;
  write_label(folder / "o.nii.gz", ramp(), other, &like);
  EXPECT_LT(corner_distance(read_volume(folder / "o.nii.gz").geometry, other, {4, 3, 5}), 1e-3);
  EXPECT_EQ(read_nifti_header(folder / "o.nii.gz").descrip, "kept");
}

TEST(Volume, SlopeIsApplied) {
  TemporaryFolder folder;
  NiftiHeader header;
  write_nifti_file(folder / "s.nii", ramp(), header);
  auto bytes = read_file(folder / "s.nii");
  const float slope = 0.5, inter = -1024;
  std::memcpy(bytes.data() + 112, &slope, 4);
  std::memcpy(bytes.data() + 116, &inter, 4);
  write_file(folder / "s.nii", bytes);
  const auto back = read_volume(folder / "s.nii").data;
  EXPECT_EQ(back.scalar_type(), at::kFloat);
  EXPECT_TRUE(torch::equal(back[0], ramp(at::kFloat) * 0.5 - 1024));
}

TEST(Volume, FourthAxisIsChannelsAndVersionTwoIsRead) {
  TemporaryFolder folder;
  const auto series = torch::arange(120, at::kFloat).reshape({2, 4, 3, 5});
  NiftiHeader header;
  header.version = 2;
  write_nifti_file(folder / "t.nii.gz", series, header);
  EXPECT_EQ(read_nifti_header(folder / "t.nii.gz").version, 2);
  EXPECT_TRUE(torch::equal(read_volume(folder / "t.nii.gz").data, series));
  header.dim = {5, 5, 3, 4, 2, 3, 1, 1};
  expect_error(ErrorKind::data, {"more than four axes"}, [&] { nifti_shape(header, "x"); });
}

TEST(Volume, BigEndianVoxelsAreTurned) {
  TemporaryFolder folder;
  write_nifti_file(folder / "b.nii", ramp(at::kInt), NiftiHeader{});
  auto bytes = read_file(folder / "b.nii");
  const auto turn = [&bytes](std::size_t offset, std::size_t size, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(offset + i * size),
                   bytes.begin() + static_cast<std::ptrdiff_t>(offset + (i + 1) * size));
  };
  turn(0, 4, 1);
  turn(40, 2, 8);
  turn(68, 2, 4);
  turn(76, 4, 11);
  turn(252, 2, 2);
  turn(352, 4, 60);
  write_file(folder / "b.nii", bytes);
  EXPECT_TRUE(torch::equal(read_volume(folder / "b.nii").data[0], ramp(at::kInt)));
}

TEST(Volume, UnsignedTypesAreWidened) {
  TemporaryFolder folder;
  const auto written = torch::tensor({0, 40000, 65535, 1}, at::kInt).reshape({1, 2, 2});
  write_nifti_file(folder / "u.nii", written.to(at::kShort), NiftiHeader{});
  auto bytes = read_file(folder / "u.nii");
  bytes[70] = 0;
  bytes[71] = 2;  // 512: uint16
  write_file(folder / "u.nii", bytes);
  EXPECT_TRUE(torch::equal(read_volume(folder / "u.nii").data[0], written));
}

TEST(Volume, CutShortFilesAreSaidToBe) {
  TemporaryFolder folder;
  write_image(folder / "c.nii", ramp(), oblique());
  write_image(folder / "c.nii.gz", torch::rand({20, 20, 20}), oblique());
  const auto whole = read_file(folder / "c.nii"), packed = read_file(folder / "c.nii.gz");
  write_file(folder / "c.nii", whole.substr(0, whole.size() - 1));
  expect_error(ErrorKind::data, {"c.nii", "cut short"}, [&] { read_volume(folder / "c.nii"); });
  for (const std::size_t size : {std::size_t{1}, std::size_t{5}, std::size_t{30}, packed.size() / 2, packed.size() - 20}) {
    write_file(folder / "c.nii.gz", std::string_view(packed).substr(0, size));
    EXPECT_THROW(read_volume(folder / "c.nii.gz"), Error) << size;
  }
  auto damaged = packed;
  for (std::size_t i = 3000; i < 3010; ++i) damaged[i] = static_cast<char>(~damaged[i]);
  write_file(folder / "c.nii.gz", damaged);
  EXPECT_THROW(read_volume(folder / "c.nii.gz"), Error);
}

TEST(Volume, HugePromisesAreRefusedBeforeMemoryIsTaken) {
  TemporaryFolder folder;
  NiftiHeader header;
  header.version = 2;
  header.dim = {3, 1 << 20, 1 << 20, 1 << 10, 1, 1, 1, 1};
  header.datatype = 64;
  header.bitpix = 64;
  header.vox_offset = 544;
  write_file(folder / "h.nii", encode_nifti_header(header));
  expect_error(ErrorKind::data, {"cut short: 8.0 PiB are promised"}, [&] { read_volume(folder / "h.nii"); });
}

TEST(Volume, NamesAndMissingFiles) {
  EXPECT_TRUE(is_volume_file("a/b.NII.gz"));
  EXPECT_TRUE(is_volume_file("b.mha"));
  EXPECT_FALSE(is_volume_file("b.gz"));
  EXPECT_FALSE(is_volume_file(".nii.gz"));
  EXPECT_EQ(volume_stem("x/case.1.nii.gz"), "case.1");
  expect_error(ErrorKind::data, {"nowhere.nii", "does not exist"}, [] { read_volume("nowhere.nii"); });
  expect_error(ErrorKind::data, {"x.txt", "formats"}, [] { read_volume("x.txt"); });
  expect_error(ErrorKind::data, {"x.txt", "formats"}, [] { write_label("x.txt", ramp(), Geometry{}); });
}

TEST(Volume, FailedWriteLeavesTheOldFile) {
  TemporaryFolder folder;
  write_label(folder / "k.nii.gz", ramp(), oblique());
  const auto before = read_file(folder / "k.nii.gz");
  Geometry sheared = oblique();
  sheared.direction[1] += 0.5;
  EXPECT_THROW(write_label(folder / "k.nii.gz", ramp(), sheared), Error);
  EXPECT_EQ(read_file(folder / "k.nii.gz"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()), 1);
}

TEST(Volume, RealScans) {
  PLEXUS_NEEDS_SHARED("data/nifti");
  TemporaryFolder folder;
  expect_error(ErrorKind::data, {"rgba_unsupported", "RGBA voxels"},
               [&] { read_volume(shared_path / "rgba_unsupported.nii.gz"); });
  std::vector<std::int64_t> shape;
  read_volume_geometry(shared_path / "pcasl.nii.gz", shape);
  EXPECT_GT(shape[0], 1);
  for (const std::string name : {"CT_pitch", "T2w_int16_las", "chris_PD"}) {
    const auto scan = read_volume(shared_path / (name + ".nii.gz"));
    const auto label = scan.data[0].gt(scan.data.to(at::kFloat).mean()).to(at::kByte);
    write_label(folder / "label.nii.gz", label, scan.geometry, scan.header.get());
    const auto back = read_volume(folder / "label.nii.gz");
    EXPECT_TRUE(torch::equal(back.data[0], label)) << name;
    EXPECT_EQ(back.geometry.spacing, scan.geometry.spacing) << name;
    EXPECT_EQ(back.geometry.origin, scan.geometry.origin) << name;
    EXPECT_EQ(back.geometry.direction, scan.geometry.direction) << name;
  }
}

}  // namespace
}  // namespace plexus
