#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/base/random.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/gif_file.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::expect_error;
using test::GifPicture;
using test::TemporaryFolder;

std::vector<std::uint8_t> greys(int entries) {
  std::vector<std::uint8_t> palette;
  for (int i = 0; i < entries; ++i) palette.insert(palette.end(), 3, static_cast<std::uint8_t>(i * 255 / (entries - 1)));
  return palette;
}

at::Tensor read_bytes(const std::string& bytes) {
  TemporaryFolder folder;
  write_file(folder / "a.gif", bytes);
  return read_volume(folder / "a.gif").data;
}

// The sample of Matthew Flickinger's "What's In A GIF", made by an editor and explained byte by byte there.
const std::string published(
    "\x47\x49\x46\x38\x39\x61\x0A\x00\x0A\x00\x91\x00\x00\xFF\xFF\xFF\xFF\x00\x00\x00\x00\xFF\x00\x00\x00\x21\xF9\x04\x00\x00"
    "\x00\x00\x00\x2C\x00\x00\x00\x00\x0A\x00\x0A\x00\x00\x02\x16\x8C\x2D\x99\x87\x2A\x1C\xDC\x33\xA0\x02\x75\xEC\x95\xFA\xA8"
    "\xDE\x60\x8C\x04\x91\x4C\x01\x00\x3B",
    69);

TEST(Gif, APublishedFileIsReadAsItIsExplained) {
  const auto data = read_bytes(published);
  ASSERT_EQ(data.sizes(), (at::IntArrayRef{3, 1, 10, 10}));
  const char* rows[] = {"RRRRRBBBBB", "RRRRRBBBBB", "RRRRRBBBBB", "RRRWWWWBBB", "RRRWWWWBBB",
                        "BBBWWWWRRR", "BBBWWWWRRR", "BBBBBRRRRR", "BBBBBRRRRR", "BBBBBRRRRR"};
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 10; ++x) {
      const char colour = rows[y][x];
      EXPECT_EQ(data[0][0][y][x].item<int>(), colour == 'B' ? 0 : 255) << x << ", " << y;
      EXPECT_EQ(data[1][0][y][x].item<int>(), colour == 'W' ? 255 : 0) << x << ", " << y;
      EXPECT_EQ(data[2][0][y][x].item<int>(), colour == 'R' ? 0 : 255) << x << ", " << y;
    }
}

TEST(Gif, GreyPalettesAreOneChannel) {
  TemporaryFolder folder;
  write_file(folder / "mask.gif", GifPicture{5, 4, {0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1}, greys(2)}.bytes());
  const auto volume = read_volume(folder / "mask.gif", {.label = true});
  EXPECT_EQ(volume.stored.format, "GIF");
  EXPECT_EQ(volume.stored.type, "uint8");
  EXPECT_FALSE(volume.geometry.known);
  ASSERT_EQ(volume.data.sizes(), (at::IntArrayRef{1, 1, 4, 5}));
  EXPECT_EQ(volume.data.sum().item<int>(), 7 * 255);
  EXPECT_EQ(volume.data[0][0][3][4].item<int>(), 255);
  std::vector<std::int64_t> shape;
  read_volume_geometry(folder / "mask.gif", shape);
  EXPECT_EQ(shape, (std::vector<std::int64_t>{1, 1, 4, 5}));
  expect_error(ErrorKind::data, {"GIF is read, not written", ".png"},
               [&] { write_label(folder / "b.gif", torch::zeros({1, 4, 4}, at::kLong), Geometry{}); });
}

// Large enough that codes grow to 12 bits and the dictionary fills.
TEST(Gif, FullDictionariesAreStartedAnewOrKept) {
  Rng rng(3);
  GifPicture picture{211, 190, {}, greys(256)};
  for (int i = 0; i < picture.width * picture.height; ++i)
    picture.indices.push_back(static_cast<std::uint8_t>(rng.chance(0.7) ? i / 100 % 256 : rng.integer(0, 256)));
  const auto expected = torch::tensor(at::ArrayRef<std::uint8_t>(picture.indices), at::kByte).view({1, 1, 190, 211});
  for (const bool clears : {true, false}) {
    picture.clears = clears;
    EXPECT_TRUE(torch::equal(read_bytes(picture.bytes()), expected)) << clears;
  }
}

TEST(Gif, InterlacedRowsAndPicturesWithinTheScreen) {
  GifPicture picture{1, 10, {0, 80, 40, 20, 60, 10, 30, 50, 70, 90}, greys(256)};
  picture.interlaced = true;
  // Rows 0 and 8; 4; 2 and 6; 1, 3, 5, 7 and 9.
  picture.indices = {0, 8, 4, 2, 6, 1, 3, 5, 7, 9};
  EXPECT_TRUE(torch::equal(read_bytes(picture.bytes()).flatten(), torch::arange(10).to(at::kByte)));
  GifPicture part{4, 3, {7, 7}, greys(256), 1, 2, 2, 1};
  const auto data = read_bytes(part.bytes());
  EXPECT_EQ(data.sum().item<int>(), 14);
  EXPECT_EQ(data[0][0][2][1].item<int>(), 7);
  EXPECT_EQ(data[0][0][2][2].item<int>(), 7);
}

TEST(Gif, WhatIsNoPictureIsRefusedByName) {
  const auto refused = [](const std::string& bytes, const std::string& text) {
    SCOPED_TRACE(text);
    expect_error(ErrorKind::data, {"a.gif", text}, [&] { read_bytes(bytes); });
  };
  GifPicture picture{6, 5, std::vector<std::uint8_t>(30, 1), greys(4)};
  picture.transparent = 1;
  refused(picture.bytes(), "RGBA");
  picture.transparent = 3;
  EXPECT_EQ(read_bytes(picture.bytes()).max().item<int>(), 85);
  picture.transparent = -1;
  refused(picture.front() + picture.picture() + picture.picture() + ";", "several pictures");
  refused(picture.front() + ";", "no picture");
  refused(picture.front(), "cut short");
  refused("GIF80a" + picture.bytes().substr(6), "mark");
  auto outside = picture;
  outside.left = 1;
  refused(outside.bytes(), "a picture of 6 x 5 at 1, 0 on 6 x 5");
  auto huge = picture;
  huge.width = huge.height = 65535;
  refused(huge.bytes(), "65535 x 65535 pixels in");
  auto short_of = picture;
  short_of.indices.resize(20);
  refused(short_of.bytes(), "pixels are cut short");
  auto beyond = picture.bytes();
  beyond[13 + 12 + 10] = 2;  // of 4 colours, as before
  EXPECT_NO_THROW(read_bytes(beyond));
  beyond[13 + 12 + 10] = 12;
  refused(beyond, "codes of 12 bits");
}

TEST(Gif, CutAndMutatedFilesNeverCrash) {
  Rng rng(5);
  GifPicture picture{40, 30, {}, greys(16)};
  for (int i = 0; i < 1200; ++i) picture.indices.push_back(static_cast<std::uint8_t>(rng.integer(0, 16)));
  const auto whole = picture.bytes();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(read_bytes(whole.substr(0, length)), Error) << length;
  for (int n = 0; n < 2000; ++n) {
    auto bytes = whole;
    for (int wound = 0; wound < 3; ++wound) {
      const auto at = static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(bytes.size())));
      bytes[at] = static_cast<char>(rng.integer(0, 256));
    }
    try {
      EXPECT_GT(read_bytes(bytes).numel(), 0);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
    }
  }
}

}  // namespace
}  // namespace plexus
