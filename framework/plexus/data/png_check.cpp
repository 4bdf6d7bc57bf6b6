#include <plexus/data/png_check.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <plexus/base/error.hpp>
#include <plexus/data/gzip.hpp>

namespace plexus {
namespace {

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

// Bit depths that a colour type allows, as bits of a mask; 0 for no colour type.
unsigned depths_of(int colour) {
  constexpr unsigned all = 1 | 2 | 4 | 8 | 16;
  switch (colour) {
    case 0:
      return all;
    case 3:
      return all & ~16U;
    case 2:
    case 4:
    case 6:
      return 8 | 16;
    default:
      return 0;
  }
}

bool sound_header(std::string_view header) {
  if (header.size() != 13) return false;
  const auto width = big_endian(header), height = big_endian(header.substr(4));
  const unsigned depth = static_cast<unsigned char>(header[8]), colour = static_cast<unsigned char>(header[9]);
  const bool whole_depth = depth != 0 && (depth & (depth - 1)) == 0 && depth <= 16;
  return width > 0 && height > 0 && width <= 1000000 && height <= 1000000 && whole_depth &&
         (depths_of(static_cast<int>(colour)) & depth) != 0 && header[10] == 0 && header[11] == 0 &&
         static_cast<unsigned char>(header[12]) <= 1;
}

}  // namespace

void check_png(const std::filesystem::path& path) {
  const auto bytes = file_bytes(path, 0, std::filesystem::file_size(path));
  const std::string_view file(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes());
  const auto damaged = [&](const std::string& why) {
    throw Error(ErrorKind::data, "a damaged PNG: " + why, path.string(), "copy or download the file again");
  };
  if (!file.starts_with("\x89PNG\r\n\x1a\n")) damaged("it lacks the signature");
  std::string_view header, before;
  bool palette = false, pixels = false;
  for (std::size_t at = 8;;) {
    if (file.size() - at < 12) damaged("cut short");
    const auto length = big_endian(file.substr(at));
    if (length > file.size() - at - 12) damaged("cut short");
    const auto type = file.substr(at + 4, 4), value = file.substr(at + 8, length);
    if (libdeflate_crc32(0, type.data(), 4 + std::size_t{length}) != big_endian(file.substr(at + 8 + length)))
      damaged(fmt::format("the checksum of its chunk at byte {}", at));
    if (before.empty() && (type != "IHDR" || !sound_header(value))) damaged("its header");
    if (type == "IHDR") {
      if (!before.empty()) damaged("it has two headers");
      header = value;
    } else if (type == "PLTE") {
      palette = true;
      if (length == 0 || length > 768 || length % 3 != 0) damaged("its palette");
    } else if (type == "IDAT") {
      pixels = true;
      if (header[9] == 3 && !palette) damaged("it lacks its palette");
    } else if (type == "IEND") {
      if (!pixels) damaged("it holds no pixels");
      return;
    } else if (type[0] >= 'A' && type[0] <= 'Z') {
      damaged("a chunk of an unknown kind");
    }
    before = type;
    at += 12 + std::size_t{length};
  }
}

}  // namespace plexus
