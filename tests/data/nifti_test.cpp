#include <plexus/data/nifti.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "support/expect_error.hpp"

namespace plexus {
namespace {

using test::expect_error;

NiftiHeader example(int version) {
  NiftiHeader h;
  h.version = version;
  h.dim = {4, 5, 6, 7, 2, 1, 1, 1};
  h.pixdim = {-1, 0.5, 0.75, 2.5, 1.25, 0, 0, 0};
  h.datatype = 4;
  h.bitpix = 16;
  h.vox_offset = version == 1 ? 352 : 544;
  h.scl_slope = 2;
  h.scl_inter = -1024;
  h.slice_start = 1;
  h.slice_end = 6;
  h.slice_code = 3;
  h.xyzt_units = 10;
  h.intent_code = 1002;
  h.qform_code = 1;
  h.sform_code = 2;
  h.quatern = {0.25, 0.5, -0.125};
  h.qoffset = {-10, 20, 30.5};
  h.srow = {{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}};
  h.descrip = "a scan";
  h.intent_name = "labels";
  h.dim_info = 57;
  return h;
}

void put16(std::string& bytes, std::size_t offset, std::int16_t value) { std::memcpy(bytes.data() + offset, &value, 2); }

TEST(Nifti, HeaderOfBothVersionsComesBack) {
  for (const int version : {1, 2}) {
    const auto h = example(version);
    const auto bytes = encode_nifti_header(h);
    EXPECT_EQ(bytes.size(), version == 1 ? 352u : 544u);
    const auto back = parse_nifti_header(bytes, "x");
    EXPECT_EQ(back.version, version);
    EXPECT_FALSE(back.swapped);
    EXPECT_EQ(back.dim, h.dim);
    EXPECT_EQ(back.pixdim, h.pixdim);
    EXPECT_EQ(back.srow, h.srow);
    EXPECT_EQ(back.quatern, h.quatern);
    EXPECT_EQ(back.qoffset, h.qoffset);
    EXPECT_EQ(back.descrip, h.descrip);
    EXPECT_EQ(back.intent_name, h.intent_name);
    EXPECT_EQ(back.slice_code, 3);
    EXPECT_EQ(back.slice_end, 6);
    EXPECT_EQ(back.xyzt_units, 10);
    EXPECT_EQ(back.dim_info, 57);
    EXPECT_EQ(back.sform_code, 2);
    EXPECT_EQ(back.scl_inter, -1024);
    EXPECT_EQ(back.intent_code, 1002);
  }
}

TEST(Nifti, LongTextsAreCutAtTheField) {
  auto h = example(1);
  h.descrip = std::string(200, 'd');
  h.aux_file = "aux";
  const auto back = parse_nifti_header(encode_nifti_header(h), "x");
  EXPECT_EQ(back.descrip, std::string(80, 'd'));
  EXPECT_EQ(back.aux_file, "aux");
}

TEST(Nifti, RefusesWhatIsNoHeader) {
  const auto good = encode_nifti_header(example(1));
  expect_error(ErrorKind::data, {"f.nii", "not a NIfTI file"}, [] { parse_nifti_header("hello, world", "f.nii"); });
  expect_error(ErrorKind::data, {"not a NIfTI file"}, [] { parse_nifti_header("", "f.nii"); });
  expect_error(ErrorKind::data, {"cut short: 200 of 348"}, [&] { parse_nifti_header(good.substr(0, 200), "f.nii"); });
  auto pair = good;
  std::memcpy(pair.data() + 344, "ni1", 4);
  EXPECT_TRUE(parse_nifti_header(pair, "f.hdr").pair);
  EXPECT_FALSE(parse_nifti_header(good, "f.nii").pair);
  auto analyze = good;
  std::memset(analyze.data() + 344, 0, 4);
  expect_error(ErrorKind::data, {"Analyze"}, [&] { parse_nifti_header(analyze, "f.nii"); });
}

TEST(Nifti, RefusesHostileSizes) {
  const auto good = encode_nifti_header(example(1));
  const auto with = [&](std::size_t offset, std::int16_t value) {
    auto bytes = good;
    put16(bytes, offset, value);
    return bytes;
  };
  expect_error(ErrorKind::data, {"9 axes"}, [&] { parse_nifti_header(with(40, 9), "x"); });
  expect_error(ErrorKind::data, {"0 axes"}, [&] { parse_nifti_header(with(40, 0), "x"); });
  expect_error(ErrorKind::data, {"axis 1 has the size -5"}, [&] { parse_nifti_header(with(42, -5), "x"); });
  expect_error(ErrorKind::data, {"axis 2 has the size 0"}, [&] { parse_nifti_header(with(44, 0), "x"); });
  expect_error(ErrorKind::data, {"unknown data type code 77"}, [&] { parse_nifti_header(with(70, 77), "x"); });
  expect_error(ErrorKind::data, {"bits a voxel"}, [&] { parse_nifti_header(with(72, 8), "x"); });
  auto overflow = example(2);
  overflow.dim = {3, std::int64_t{1} << 40, std::int64_t{1} << 40, 2, 1, 1, 1, 1};
  expect_error(ErrorKind::data, {"overflow"}, [&] { parse_nifti_header(encode_nifti_header(overflow), "x"); });
  auto offset = good;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(offset.data() + 108, &nan, 4);
  expect_error(ErrorKind::data, {"begin at byte"}, [&] { parse_nifti_header(offset, "x"); });
}

TEST(Nifti, EveryCutOfAHeaderIsAnErrorNotACrash) {
  for (const int version : {1, 2}) {
    const auto good = encode_nifti_header(example(version));
    for (std::size_t size = 0; size < (version == 1 ? 348u : 540u); ++size)
      EXPECT_THROW(parse_nifti_header(std::string_view(good).substr(0, size), "x"), Error) << size;
  }
}

TEST(Nifti, ReadsTheOtherByteOrder) {
  auto h = example(1);
  auto bytes = encode_nifti_header(h);
  const auto turn = [&bytes](std::size_t offset, std::size_t size, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      std::reverse(bytes.begin() + offset + i * size, bytes.begin() + offset + (i + 1) * size);
  };
  turn(0, 4, 1);
  turn(40, 2, 8);
  turn(56, 4, 3);
  turn(68, 2, 4);
  turn(76, 4, 11);
  turn(120, 2, 1);
  turn(124, 4, 4);
  turn(252, 2, 2);
  turn(256, 4, 18);
  const auto back = parse_nifti_header(bytes, "x");
  EXPECT_TRUE(back.swapped);
  EXPECT_EQ(back.dim, h.dim);
  EXPECT_EQ(back.srow, h.srow);
  EXPECT_EQ(back.scl_slope, 2);
  EXPECT_EQ(back.vox_offset, 352);
}

}  // namespace
}  // namespace plexus
