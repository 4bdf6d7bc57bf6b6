#include <plexus/data/gzip.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/elements.hpp>

namespace plexus {
namespace {

constexpr std::uint64_t first_piece = 64u << 20;

using Decompressor = std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>;
Decompressor decompressor() { return {libdeflate_alloc_decompressor(), libdeflate_free_decompressor}; }
using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;
Compressor compressor(int level) { return {libdeflate_alloc_compressor(level), libdeflate_free_compressor}; }

// zlib's stream over gzip members in memory.
class Members {
 public:
  explicit Members(std::string_view packed) : rest_(packed) { inflateInit2(&stream_, 15 + 16); }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;
  ~Members() { inflateEnd(&stream_); }
  bool damaged() const { return damaged_; }

  // Bytes given, fewer than asked for where the data end or are damaged.
  std::size_t read(std::uint8_t* target, std::size_t count) {
    std::size_t done = 0;
    while (done < count && !ended_) {
      if (stream_.avail_in == 0) feed();
      stream_.next_out = target + done;
      const auto room = static_cast<uInt>(std::min<std::size_t>(count - done, 1u << 30));
      stream_.avail_out = room;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (code == Z_STREAM_END)
        next_member();
      else if (code != Z_OK)
        ended_ = true;
      damaged_ = damaged_ || (code != Z_STREAM_END && code != Z_OK && code != Z_BUF_ERROR);
    }
    return done;
  }

 private:
  void feed() {
    const auto count = std::min<std::size_t>(rest_.size(), 1u << 30);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
    stream_.avail_in = static_cast<uInt>(count);
    rest_.remove_prefix(count);
  }
  // What follows the last member and is none (padding) is passed over.
  void next_member() {
    if (stream_.avail_in == 0) feed();
    if (stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b)
      inflateReset(&stream_);
    else
      ended_ = true;
  }

  std::string_view rest_;
  z_stream stream_{};
  bool ended_ = false, damaged_ = false;
};

// All at once, where the size that the file ends with agrees; an undefined tensor where the slower way has to tell more.
at::Tensor at_once(std::string_view packed, std::uint64_t wanted, const std::string& where) {
  if (packed.size() < 18) return {};
  std::uint32_t told = 0;
  std::memcpy(&told, packed.data() + packed.size() - 4, 4);
  if (told != static_cast<std::uint32_t>(wanted)) return {};
  auto bytes = allocate({static_cast<std::int64_t>(wanted)}, at::kByte, where);
  const auto inflater = decompressor();
  const auto code =
      libdeflate_gzip_decompress(inflater.get(), packed.data(), packed.size(), bytes.mutable_data_ptr(), wanted, nullptr);
  return code == LIBDEFLATE_SUCCESS ? bytes : at::Tensor();
}

}  // namespace

at::Tensor file_bytes(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t count) {
  std::ifstream file(path, std::ios::binary);
  std::error_code fault;
  const std::uint64_t held = std::filesystem::file_size(path, fault);
  if (!file || fault) throw Error(ErrorKind::data, "cannot be opened", path.string());
  if (offset > held || count > held - offset) {
    throw Error(ErrorKind::data,
                fmt::format("cut short: {} are promised, the file has {}", human_bytes(offset + count), human_bytes(held)),
                path.string(), "copy or download the file again");
  }
  auto bytes = allocate({static_cast<std::int64_t>(count)}, at::kByte, path.string());
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(static_cast<char*>(bytes.mutable_data_ptr()), static_cast<std::streamsize>(count));
  if (static_cast<std::uint64_t>(file.gcount()) != count)
    throw Error(ErrorKind::data, "cannot be read to its end", path.string());
  return bytes;
}

bool is_gzip(std::string_view front) { return front.size() >= 2 && front[0] == '\x1f' && front[1] == '\x8b'; }

at::Tensor inflate_gzip(std::string_view packed, std::uint64_t wanted, const std::string& where) {
  if (wanted > most_inflated(packed.size())) {
    throw Error(ErrorKind::data,
                fmt::format("cut short: {} are promised, {} of compressed data cannot hold them", human_bytes(wanted),
                            human_bytes(packed.size())),
                where, "copy or download the file again");
  }
  if (auto bytes = at_once(packed, wanted, where); bytes.defined()) return bytes;
  // Several members, bytes behind the wanted ones, or damage: grown as the data prove to be there.
  Members members(packed);
  std::uint64_t done = 0;
  at::Tensor bytes;
  while (done < wanted && !members.damaged()) {
    const auto size = std::min(wanted, std::max(first_piece, 2 * done));
    auto larger = allocate({static_cast<std::int64_t>(size)}, at::kByte, where);
    if (done > 0) std::memcpy(larger.mutable_data_ptr(), bytes.const_data_ptr(), done);
    bytes = std::move(larger);
    const auto got = members.read(bytes.mutable_data_ptr<std::uint8_t>() + done, size - done);
    done += got;
    if (done < size) break;
  }
  // The checksum stands behind the last byte.
  std::uint8_t behind[4096];
  for (int piece = 0; done == wanted && piece < 256 && members.read(behind, sizeof behind) == sizeof behind; ++piece) {
  }
  if (members.damaged())
    throw Error(ErrorKind::data, "the compressed data are damaged", where, "copy or download the file again");
  if (done < wanted) {
    throw Error(ErrorKind::data, fmt::format("cut short: {} of {} bytes are there", done, wanted), where,
                "copy or download the file again");
  }
  return bytes.defined() ? bytes : at::empty({0}, at::kByte);
}

std::string inflate_front(std::string_view packed, std::size_t at_most) {
  std::string front(at_most, '\0');
  Members members(packed);
  front.resize(members.read(reinterpret_cast<std::uint8_t*>(front.data()), at_most));
  return front;
}

bool inflate_raw(std::string_view packed, void* target, std::size_t wanted) {
  const auto inflater = decompressor();
  return libdeflate_deflate_decompress(inflater.get(), packed.data(), packed.size(), target, wanted, nullptr) ==
         LIBDEFLATE_SUCCESS;
}

bool inflate_zlib(std::string_view packed, void* target, std::size_t wanted) {
  const auto inflater = decompressor();
  std::size_t used = 0;
  return libdeflate_zlib_decompress_ex(inflater.get(), packed.data(), packed.size(), target, wanted, &used, nullptr) ==
         LIBDEFLATE_SUCCESS;
}

std::string deflate_gzip(std::string_view bytes, int level) {
  const auto deflater = compressor(level);
  std::string packed(libdeflate_gzip_compress_bound(deflater.get(), bytes.size()), '\0');
  packed.resize(libdeflate_gzip_compress(deflater.get(), bytes.data(), bytes.size(), packed.data(), packed.size()));
  return packed;
}

void write_gzip(std::ostream& file, std::string_view bytes, int level) {
  const auto deflater = compressor(level);
  const auto bound = libdeflate_gzip_compress_bound(deflater.get(), bytes.size());
  // Not filled: pages that the result does not reach are never taken.
  const auto packed = std::make_unique_for_overwrite<char[]>(bound);
  const auto size = libdeflate_gzip_compress(deflater.get(), bytes.data(), bytes.size(), packed.get(), bound);
  file.write(packed.get(), static_cast<std::streamsize>(size));
}

std::string deflate_raw(std::string_view bytes, int level) {
  const auto deflater = compressor(level);
  std::string packed(libdeflate_deflate_compress_bound(deflater.get(), bytes.size()), '\0');
  packed.resize(libdeflate_deflate_compress(deflater.get(), bytes.data(), bytes.size(), packed.data(), packed.size()));
  return packed;
}

}  // namespace plexus
