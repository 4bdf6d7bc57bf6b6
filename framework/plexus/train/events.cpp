#include <plexus/train/events.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

namespace plexus {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = value;
  }
  return table;
}

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof(T), '\0');
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>((value >> (8 * i)) & 0xff);
  return bytes;
}

// Of the length and content alike: a CRC that is stored next to CRCs is rotated and shifted by TFRecord's constant.
std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xA282EAD8u; }

// Protocol buffers' wire format: a field's key is (number << 3 | type).
constexpr int varint_type = 0, fixed64_type = 1, bytes_type = 2, fixed32_type = 5;

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(int number, int type) { return varint(static_cast<std::uint64_t>(number << 3 | type)); }
std::string bytes_field(int number, std::string_view bytes) {
  return key(number, bytes_type) + varint(bytes.size()) + std::string(bytes);
}
std::string double_field(int number, double value) {
  return key(number, fixed64_type) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string float_field(int number, float value) {
  return key(number, fixed32_type) + little_endian(std::bit_cast<std::uint32_t>(value));
}
std::string integer_field(int number, std::int64_t value) {
  return key(number, varint_type) + varint(static_cast<std::uint64_t>(value));
}

// tensorflow.Event: wall_time 1, step 2, file_version 3, summary 5; Summary: value 1; Value: tag 1, simple_value 2.
std::string event(std::int64_t step, double wall_time, const EventFile::Scalars& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    summary += bytes_field(1, bytes_field(1, tag) + float_field(2, static_cast<float>(value)));
  }
  return double_field(1, wall_time) + integer_field(2, step) + bytes_field(5, summary);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) noexcept {
  static constexpr auto table = crc_table();
  std::uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

std::string tf_record(std::string_view bytes) {
  const auto length = little_endian(static_cast<std::uint64_t>(bytes.size()));
  return length + little_endian(masked(crc32c(length))) + std::string(bytes) + little_endian(masked(crc32c(bytes)));
}

EventFile::EventFile(const std::filesystem::path& path, std::uint64_t bytes) : file_(path) {
  file_.truncate(std::min(bytes, file_.size()));
  if (file_.size() > 0) return;
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  file_.write(tf_record(double_field(1, now) + bytes_field(3, "brain.Event:2")));
}

void EventFile::write(std::int64_t step, double wall_time, const Scalars& scalars) {
  file_.write(tf_record(event(step, wall_time, scalars)));
}

}  // namespace plexus
