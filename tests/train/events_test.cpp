#include <plexus/train/events.hpp>

#include <gtest/gtest.h>

#include <support/temporary_folder.hpp>

namespace {

using plexus::crc32c;
using plexus::test::TemporaryFolder;

// Check values of RFC 3720, appendix B.4, and the usual "123456789".
TEST(Events, CrcIsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(crc32c(""), 0u);
}

std::uint64_t little_endian(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

std::uint32_t masked(std::string_view bytes) {
  const auto crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = little_endian(file, at, 8);
    EXPECT_EQ(little_endian(file, at + 8, 4), masked(std::string_view(file).substr(at, 8)));
    all.push_back(file.substr(at + 12, length));
    EXPECT_EQ(little_endian(file, at + 12 + length, 4), masked(all.back()));
    at += 16 + length;
  }
  return all;
}

TEST(Events, AFileHoldsItsVersionAndScalarsInProtobuf) {
  TemporaryFolder folder;
  plexus::EventFile events(folder / "events", 0);
  events.write(300, 2.0, {{"loss", 0.5}});
  const auto all = records(plexus::read_file(folder / "events"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].substr(9), std::string("\x1a\x0d") + "brain.Event:2");
  const std::string value = std::string("\x0a\x04") + "loss" + "\x15" + std::string("\0\0\0\x3f", 4);
  const std::string expected = std::string("\x09\0\0\0\0\0\0\0\x40", 9) + "\x10\xac\x02" + "\x2a\x0d" + "\x0a\x0b" + value;
  EXPECT_EQ(all[1], expected);
}

TEST(Events, GoesOnWhereItIsCut) {
  TemporaryFolder folder;
  std::uint64_t kept = 0;
  {
    plexus::EventFile events(folder / "events", 0);
    events.write(1, 1.0, {{"a", 1}});
    kept = events.size();
    events.write(2, 2.0, {{"a", 2}});
  }
  {
    plexus::EventFile events(folder / "events", kept);
    EXPECT_EQ(events.size(), kept);
    events.write(2, 3.0, {{"a", 4}});
  }
  EXPECT_EQ(records(plexus::read_file(folder / "events")).size(), 3u);
  plexus::EventFile anew(folder / "events", 0);
  EXPECT_EQ(records(plexus::read_file(folder / "events")).size(), 1u);
}

}  // namespace
