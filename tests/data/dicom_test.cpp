#include <plexus/data/dicom.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include <plexus/base/file.hpp>
#include <plexus/data/dicom_header.hpp>
#include <plexus/data/dicom_seg.hpp>

#include "support/dicom_file.hpp"
#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::DicomSlice;
using test::expect_error;
using test::TemporaryFolder;

// Slice k of a series 3 mm apart along an oblique normal; numbered and named against its order.
DicomSlice oblique_slice(int k) {
  const double c = std::cos(0.4), s = std::sin(0.4);
  DicomSlice slice;
  slice.orientation = {c, s, 0, 0, 0, -1};
  slice.position = {-40 - 3 * s * k, 25 + 3 * c * k, 60};
  slice.number = 10 - k;
  slice.instance = "1.2.3.4.5." + std::to_string(k + 1);
  return slice;
}

void put_slice(const TemporaryFolder& folder, const DicomSlice& slice, const std::string& name) {
  write_file(folder / name, slice.bytes());
}

void put_series(const TemporaryFolder& folder, int slices, const std::string& front = "") {
  for (int k = 0; k < slices; ++k) put_slice(folder, oblique_slice(k), front + std::to_string(90 - k));
}

std::string all_notes(const Volume& volume) {
  std::string text;
  for (const auto& note : volume.notes) text += note + "\n";
  return text;
}

TEST(Dicom, RealSeriesLiesWhereSimpleItkPutsIt) {
  PLEXUS_NEEDS_SHARED("data/dicom/mr_t1");
  for (const auto& path : {shared_path, shared_path / "1-007.dcm"}) {
    const auto volume = read_volume(path);
    EXPECT_EQ(volume.data.sizes(), (at::IntArrayRef{1, 20, 512, 512}));
    EXPECT_EQ(volume.stored.type, "uint16");
    const std::array<double, 3> spacing{0.41015625, 0.41015625, 1.5},
        origin{-106.32680907019, -123.07443807356, -92.000669002533};
    const std::array<double, 9> direction{1, 2.051034e-10, 0, -2.051034e-10, 1, 0, 0, 0, 1};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(volume.geometry.spacing[i], spacing[i], 1e-5);
      EXPECT_NEAR(volume.geometry.origin[i], origin[i], 1e-5);
    }
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(volume.geometry.direction[i], direction[i], 1e-5);
    EXPECT_EQ(volume.data.min().item<int>(), 0);
    EXPECT_EQ(volume.data.max().item<int>(), 1409);
    EXPECT_NEAR(volume.data.to(at::kDouble).mean().item<double>(), 154.76175804138182, 1e-9);
    EXPECT_TRUE(volume.notes.empty()) << all_notes(volume);
  }
}

TEST(Dicom, SlicesAreSortedAlongTheirNormal) {
  TemporaryFolder folder;
  put_series(folder, 5);
  const auto volume = read_volume(folder.path());
  ASSERT_EQ(volume.data.sizes(), (at::IntArrayRef{1, 5, 4, 6}));
  // The normal of these axes points against the order in which the slices were numbered.
  const auto normal_first = volume.data[0][0][0][0].item<int>();
  for (int k = 0; k < 5; ++k) EXPECT_EQ(volume.data[0][k][0][0].item<int>(), normal_first + (normal_first == 10 ? -k : k));
  const auto& g = volume.geometry;
  EXPECT_EQ(g.spacing, (std::array<double, 3>{0.75, 0.5, g.spacing[2]}));
  EXPECT_NEAR(g.spacing[2], 3, 1e-8);
  for (std::size_t a = 0; a < 3; ++a) {
    double cross = g.direction[3 * ((a + 1) % 3)] * g.direction[3 * ((a + 2) % 3) + 1] -
                   g.direction[3 * ((a + 2) % 3)] * g.direction[3 * ((a + 1) % 3) + 1];
    EXPECT_NEAR(g.direction[3 * a + 2], cross, 1e-6) << "right-handed";
  }
}

TEST(Dicom, MissingSlicesAreNamed) {
  TemporaryFolder folder;
  put_series(folder, 8);
  std::filesystem::remove(folder / "86");  // slice 4
  std::filesystem::remove(folder / "85");
  expect_error(ErrorKind::data, {"slices are missing: 2 between", "--uneven"}, [&] { read_volume(folder.path()); });
  const auto volume = read_volume(folder.path(), {.uneven = true});
  EXPECT_EQ(volume.data.size(1), 6);
  EXPECT_NE(all_notes(volume).find("slices are missing"), std::string::npos);
}

TEST(Dicom, ASliceLostToDamageIsNamed) {
  const auto refused = [](const std::string& name, const std::string& bytes, const std::vector<std::string>& texts) {
    TemporaryFolder folder;
    put_series(folder, 5, "IM");
    EXPECT_EQ(read_volume(folder.path()).data.size(1), 5);
    write_file(folder / name, bytes);
    expect_error(ErrorKind::data, {name, texts.front()}, [&] { read_volume(folder.path()); });
  };
  auto without = oblique_slice(5);
  without.left_out = {0x7FE00010};
  refused("IM85", without.bytes(), {"holds no pixels"});
  refused("IM85", "", {"no DICOM file"});
  refused("IM85", oblique_slice(5).bytes().substr(0, 120), {"no DICOM file"});
  // What is no image by its class, and what is called otherwise, may lie there.
  TemporaryFolder folder;
  put_series(folder, 5, "IM");
  without.changed[0x00080016] = "1.2.840.10008.5.1.4.1.1.88.11";
  put_slice(folder, without, "report");
  write_file(folder / "README", "read me");
  write_file(folder / "._IM85", "resource fork");
  EXPECT_EQ(read_volume(folder.path()).data.size(1), 5);
}

TEST(Dicom, AScaleThatIsNoNumberIsRefused) {
  TemporaryFolder folder;
  auto slice = oblique_slice(0);
  slice.changed[0x00281053] = "x 0 ";
  put_slice(folder, slice, "a.dcm");
  expect_error(ErrorKind::data, {"'x 0' is no number"}, [&] { read_volume(folder.path()); });
}

TEST(Dicom, MixedSpacingIsRefused) {
  TemporaryFolder folder;
  put_series(folder, 4);
  auto off = oblique_slice(4);
  off.position = oblique_slice(5).position;
  for (std::size_t i = 0; i < 3; ++i) off.position[i] = (off.position[i] + oblique_slice(4).position[i]) / 2;
  put_slice(folder, off, "off");
  auto further = oblique_slice(5);
  further.position = oblique_slice(7).position;
  put_slice(folder, further, "further");
  expect_error(ErrorKind::data, {"spacing of the slices is mixed: 3 to "}, [&] { read_volume(folder.path()); });
}

TEST(Dicom, LargestSeriesIsTakenAndTheOthersAreNamed) {
  TemporaryFolder folder;
  put_series(folder, 4);
  auto other = oblique_slice(0);
  other.series = "1.2.3.4.6";
  for (int k = 0; k < 3; ++k) {
    other.position = oblique_slice(k).position;
    other.instance = "1.2.3.4.6." + std::to_string(k + 1);
    put_slice(folder, other, "other" + std::to_string(k));
  }
  auto volume = read_volume(folder.path());
  EXPECT_EQ(volume.data.size(1), 4);
  EXPECT_NE(all_notes(volume).find("1.2.3.4.6 ('made up', 3 slices of 6 x 4) left out"), std::string::npos)
      << all_notes(volume);
  EXPECT_EQ(read_volume(folder.path(), {.series = "1.2.3.4.6"}).data.size(1), 3);
  EXPECT_EQ(read_volume(folder / "other1").data.size(1), 3) << "by one of its files";
  other.position = oblique_slice(3).position;
  other.instance = "1.2.3.4.6.4";
  put_slice(folder, other, "other3");
  expect_error(ErrorKind::data, {"several series", "1.2.3.4.5", "1.2.3.4.6", "--series"}, [&] { read_volume(folder.path()); });
  expect_error(ErrorKind::data, {"no images of the series 9.9"}, [&] { read_volume(folder.path(), {.series = "9.9"}); });
}

TEST(Dicom, SharedPositionsAreChannels) {
  TemporaryFolder folder;
  for (int k = 0; k < 3; ++k)
    for (int t = 0; t < 2; ++t) {
      auto slice = oblique_slice(k);
      slice.number = 100 * t + k;
      slice.instance = "1.2.3.9." + std::to_string(10 * t + k);
      put_slice(folder, slice, std::to_string(k) + std::to_string(1 - t));
    }
  const auto volume = read_volume(folder.path());
  ASSERT_EQ(volume.data.sizes(), (at::IntArrayRef{2, 3, 4, 6}));
  for (int k = 0; k < 3; ++k) EXPECT_EQ(volume.data[1][k][0][0].item<int>() - volume.data[0][k][0][0].item<int>(), 100);
  std::filesystem::remove(folder / "10");
  expect_error(ErrorKind::data, {"some positions hold 1 slices, others 2"}, [&] { read_volume(folder.path()); });
}

TEST(Dicom, SlopeAndInterceptAreApplied) {
  TemporaryFolder folder;
  for (int k = 0; k < 3; ++k) {
    auto slice = oblique_slice(k);
    slice.slope = k == 1 ? "0.5" : "2";
    slice.inter = "-1000";
    put_slice(folder, slice, std::to_string(k));
  }
  const auto volume = read_volume(folder.path());
  std::vector<double> found;
  for (int k = 0; k < 3; ++k) found.push_back(volume.data[0][k][1][1].to(at::kDouble).item<double>());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<double>{-995.5, -984, -980}));
  EXPECT_TRUE(std::isnan(volume.stored.slope));
}

TEST(Dicom, GantryTiltIsNoticed) {
  TemporaryFolder folder;
  for (int k = 0; k < 6; ++k) {
    DicomSlice slice;
    slice.position = {0, 1.0 * k, 3.0 * k};
    slice.number = k;
    slice.instance = "1.2.3.4.5." + std::to_string(k + 1);
    put_slice(folder, slice, std::to_string(k));
  }
  expect_error(ErrorKind::data, {"tilted gantry, 18.43 degrees"}, [&] { read_volume(folder.path()); });
  const auto straight = read_volume(folder.path(), {.on_shear = OnShear::resample});
  EXPECT_LT(shear_of(straight.geometry), 1e-6);
  EXPECT_GT(straight.data.size(2), 4);
}

TEST(Dicom, WhatCannotBeReadIsNamed) {
  const auto refused = [](const DicomSlice& slice, const std::string& text) {
    TemporaryFolder folder;
    put_slice(folder, slice, "a.dcm");
    expect_error(ErrorKind::data, {text}, [&] { read_volume(folder.path()); });
  };
  auto slice = oblique_slice(0);
  slice.changed[0x00280002] = DicomSlice::word(3);
  refused(slice, "colour images");
  slice = oblique_slice(0);
  slice.left_out = {0x00280010};
  refused(slice, "without rows");
  slice = oblique_slice(0);
  slice.changed[0x00280010] = DicomSlice::word(4000);
  refused(slice, "cut short: its header promises");
  slice = oblique_slice(0);
  slice.left_out = {0x7FE00010};
  refused(slice, "no DICOM images");
  TemporaryFolder folder;
  put_series(folder, 3);
  auto lost = oblique_slice(3);
  lost.left_out = {0x00200032};
  put_slice(folder, lost, "lost");
  expect_error(ErrorKind::data, {"lost", "without position"}, [&] { read_volume(folder.path()); });
  write_file(folder / "lost", std::string_view(oblique_slice(3).bytes()).substr(0, 400));
  expect_error(ErrorKind::data, {"lost", "cut short"}, [&] { read_volume(folder.path()); });
}

TEST(DicomSeg, HoldsTheLabelAndPointsToItsSlices) {
  TemporaryFolder folder;
  put_series(folder, 5);
  const auto volume = read_volume(folder.path());
  auto label = torch::zeros({5, 4, 6}, at::kLong);
  label[1].fill_(2);
  label[3][2][5] = 2;
  label[3][0][0] = 7;
  const auto file = folder / "seg.dcm";
  write_dicom_seg(file, label, *volume.header->dicom(), {{2, "left ventricle"}});
  const auto header = read_dicom_header(file);
  EXPECT_EQ(header.text(dicom_tag::sop_class), "1.2.840.10008.5.1.4.1.1.66.4");
  EXPECT_EQ(header.text(dicom_tag::study), "1.2.3.4");
  EXPECT_EQ(header.text(0x00200052), "1.2.3.4.9");
  EXPECT_EQ(header.number(dicom_tag::frames), 3);  // planes 1 and 3 of label 2, plane 3 of label 7
  const auto bytes = read_file(file);
  EXPECT_NE(bytes.find("left ventricle"), std::string::npos);
  EXPECT_NE(bytes.find("label 7"), std::string::npos);
  // The pixels are one bit each, and come last: 3 frames of 24.
  std::size_t set = 0;
  for (std::size_t i = bytes.size() - header.pixel_bytes; i < bytes.size(); ++i)
    set += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(bytes[i])));
  EXPECT_EQ(set, 26u);
  for (const auto k : {1u, 3u})
    EXPECT_NE(bytes.find(read_dicom_header(volume.header->dicom()->planes[k]).text(dicom_tag::sop_instance)),
              std::string::npos);
  expect_error(ErrorKind::data, {"does not lie on the series"},
               [&] { write_dicom_seg(file, label.slice(0, 1), *volume.header->dicom(), {}); });
  expect_error(ErrorKind::data, {"empty label"}, [&] {
    write_dicom_seg(file, torch::zeros({5, 4, 6}, at::kLong), *volume.header->dicom(), {});
  });
  EXPECT_EQ(read_file(file), bytes) << "a refused write leaves the old file";
}

TEST(DicomSeg, NothingFoundIsSaidByTheSegmentsThatWereLookedFor) {
  TemporaryFolder folder;
  put_series(folder, 3);
  const auto file = folder / "seg.dcm";
  write_dicom_seg(file, torch::zeros({3, 4, 6}, at::kLong), *read_volume(folder.path()).header->dicom(),
                  {{0, "background"}, {1, "myocardium"}, {2, "left ventricle"}});
  const auto header = read_dicom_header(file);
  EXPECT_EQ(header.number(dicom_tag::frames), 2);
  const auto bytes = read_file(file);
  for (const std::string name : {"myocardium", "left ventricle"}) EXPECT_NE(bytes.find(name), std::string::npos) << name;
  EXPECT_EQ(bytes.find("background"), std::string::npos);
  for (std::size_t i = bytes.size() - header.pixel_bytes; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], '\0');
}

}  // namespace
}  // namespace plexus
