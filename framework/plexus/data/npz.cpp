#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/npy_format.hpp>

// The ZIP layout is that of PKWARE's APPNOTE 6.3: local files, then the central directory, then its end record.
namespace plexus {
namespace {

[[noreturn]] void refuse_npz(const std::filesystem::path& path, const std::string& message) {
  throw Error(ErrorKind::data, message, path.string(), "copy or download the file again");
}

template <class T>
T number_at(const at::Tensor& bytes, std::uint64_t offset, const std::filesystem::path& path) {
  if (offset > bytes.nbytes() || sizeof(T) > bytes.nbytes() - offset) refuse_npz(path, "cut short or damaged");
  T value;
  std::memcpy(&value, bytes.const_data_ptr<std::uint8_t>() + offset, sizeof(T));
  return value;
}

struct ZipEntry {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint64_t packed = 0, size = 0, offset = 0;
};

struct ZipArchive {
  std::filesystem::path path;
  std::uint64_t held = 0;
  std::vector<ZipEntry> entries;
};

// Sizes of 0xFFFFFFFF stand in the extra field 1, in the order size, packed, offset.
void set_large(ZipEntry& entry, const at::Tensor& directory, std::uint64_t extra, std::uint64_t end,
               const std::filesystem::path& path) {
  constexpr std::uint64_t elsewhere = 0xFFFFFFFF;
  while (extra + 4 <= end) {
    const auto id = number_at<std::uint16_t>(directory, extra, path);
    const auto length = number_at<std::uint16_t>(directory, extra + 2, path);
    auto at = extra + 4;
    if (id == 1) {
      for (auto* field : {&entry.size, &entry.packed, &entry.offset}) {
        if (*field != elsewhere) continue;
        *field = number_at<std::uint64_t>(directory, at, path);
        at += 8;
      }
    }
    extra += 4u + length;
  }
}

// Where the central directory is: {offset, bytes}.
std::pair<std::uint64_t, std::uint64_t> directory_of(const ZipArchive& archive) {
  const auto& path = archive.path;
  const auto tail = std::min<std::uint64_t>(archive.held, 65535 + 22);
  const auto end = file_bytes(path, archive.held - tail, tail);
  const std::string_view text(static_cast<const char*>(end.const_data_ptr()), end.nbytes());
  const auto at = text.rfind(std::string_view("PK\5\6", 4));
  if (at == std::string_view::npos || text.size() - at < 22) refuse_npz(path, "is not an NPZ archive, or cut short");
  std::pair<std::uint64_t, std::uint64_t> place{number_at<std::uint32_t>(end, at + 16, path),
                                                number_at<std::uint32_t>(end, at + 12, path)};
  if (at >= 20 && text.substr(at - 20, 4) == std::string_view("PK\6\7", 4)) {
    const auto record_at = number_at<std::uint64_t>(end, at - 20 + 8, path);
    if (record_at > archive.held || archive.held - record_at < 56) refuse_npz(path, "a damaged archive");
    const auto record = file_bytes(path, record_at, 56);
    place = {number_at<std::uint64_t>(record, 48, path), number_at<std::uint64_t>(record, 40, path)};
  }
  return place;
}

ZipArchive open_archive(const std::filesystem::path& path) {
  ZipArchive archive{path, 0, {}};
  std::error_code fault;
  archive.held = std::filesystem::file_size(path, fault);
  if (fault) throw Error(ErrorKind::data, "cannot be opened", path.string());
  const auto [offset, bytes] = directory_of(archive);
  const auto directory = file_bytes(path, offset, bytes);
  for (std::uint64_t at = 0; at + 46 <= bytes;) {
    if (number_at<std::uint32_t>(directory, at, path) != 0x02014b50) refuse_npz(path, "a damaged archive");
    ZipEntry entry;
    entry.method = number_at<std::uint16_t>(directory, at + 10, path);
    entry.checksum = number_at<std::uint32_t>(directory, at + 16, path);
    entry.packed = number_at<std::uint32_t>(directory, at + 20, path);
    entry.size = number_at<std::uint32_t>(directory, at + 24, path);
    entry.offset = number_at<std::uint32_t>(directory, at + 42, path);
    const std::uint64_t name = number_at<std::uint16_t>(directory, at + 28, path);
    const std::uint64_t extra = number_at<std::uint16_t>(directory, at + 30, path);
    const std::uint64_t comment = number_at<std::uint16_t>(directory, at + 32, path);
    if (at + 46 + name + extra + comment > bytes) refuse_npz(path, "a damaged archive");
    entry.name.assign(static_cast<const char*>(directory.const_data_ptr()) + at + 46, name);
    set_large(entry, directory, at + 46 + name, at + 46 + name + extra, path);
    at += 46 + name + extra + comment;
    if (entry.name.ends_with(".npy")) archive.entries.push_back(std::move(entry));
  }
  return archive;
}

at::Tensor unpacked(const ZipArchive& archive, const ZipEntry& entry) {
  const auto& path = archive.path;
  const auto local = file_bytes(path, entry.offset, 30);
  if (number_at<std::uint32_t>(local, 0, path) != 0x04034b50) refuse_npz(path, "a damaged archive");
  const auto data = entry.offset + 30 + number_at<std::uint16_t>(local, 26, path) + number_at<std::uint16_t>(local, 28, path);
  const auto where = fmt::format("{}: '{}'", path.string(), entry.name);
  if (entry.method != 0 && entry.method != 8)
    throw Error(ErrorKind::data, fmt::format("packed by method {}", entry.method), where, "save it with numpy.savez");
  const bool stored = entry.method == 0;
  if (stored ? entry.size != entry.packed : entry.size > most_inflated(entry.packed))
    throw Error(ErrorKind::data, "its sizes contradict each other", where, "copy or download the file again");
  auto bytes = file_bytes(path, data, entry.packed);
  if (!stored) {
    auto inflated = allocate({static_cast<std::int64_t>(entry.size)}, at::kByte, where);
    if (!inflate_raw({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()}, inflated.mutable_data_ptr(),
                     entry.size))
      throw Error(ErrorKind::data, "the compressed data are damaged", where, "copy or download the file again");
    bytes = std::move(inflated);
  }
  if (libdeflate_crc32(0, bytes.const_data_ptr(), bytes.nbytes()) != entry.checksum)
    throw Error(ErrorKind::data, "the checksum does not fit", where, "copy or download the file again");
  return bytes;
}

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// Fields that the local header and the directory share, from "version needed" on. The time is the earliest that ZIP knows,
// so that equal arrays give equal files.
void put_entry(std::string& bytes, const ZipEntry& entry) {
  put<std::uint16_t>(bytes, 20);
  put<std::uint16_t>(bytes, 0);
  put<std::uint16_t>(bytes, entry.method);
  put<std::uint16_t>(bytes, 0);
  put<std::uint16_t>(bytes, 33);
  put<std::uint32_t>(bytes, entry.checksum);
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(entry.packed));
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(entry.size));
  put<std::uint16_t>(bytes, static_cast<std::uint16_t>(entry.name.size()));
  put<std::uint16_t>(bytes, 0);
}

}  // namespace

std::vector<std::string> npz_keys(const std::filesystem::path& path) {
  std::vector<std::string> keys;
  for (const auto& entry : open_archive(path).entries) keys.push_back(entry.name.substr(0, entry.name.size() - 4));
  return keys;
}

at::Tensor read_npz(const std::filesystem::path& path, const std::string& key, std::string* type) {
  const auto archive = open_archive(path);
  const auto found = std::find_if(archive.entries.begin(), archive.entries.end(),
                                  [&](const ZipEntry& entry) { return entry.name == key + ".npy"; });
  if (found == archive.entries.end()) {
    std::vector<std::string> names;
    for (const auto& entry : archive.entries) names.push_back("'" + entry.name.substr(0, entry.name.size() - 4) + "'");
    throw Error(ErrorKind::data, fmt::format("has no array '{}'; it has {}", key, names.empty() ? "none" : join(names, ", ")),
                path.string());
  }
  const auto where = fmt::format("{}: '{}'", path.string(), key);
  const auto bytes = unpacked(archive, *found);
  const auto layout = npy::parse({static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()}, where);
  if (type) *type = layout.type_name();
  if (layout.bytes() > bytes.nbytes() - layout.data)
    throw Error(ErrorKind::data, "cut short", where, "copy or download the file again");
  auto elements = bytes.narrow(0, static_cast<std::int64_t>(layout.data), static_cast<std::int64_t>(layout.bytes()));
  if (layout.data % 8 != 0) elements = elements.clone();
  return npy::tensor(std::move(elements), layout, where);
}

void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& arrays) {
  constexpr int level = 4;
  std::string bytes, directory;
  for (const auto& [key, array] : arrays) {
    const auto plain = npy::encode(array.detach().to(at::kCPU));
    const auto packed = deflate_raw(plain, level);
    ZipEntry entry{key + ".npy", 8, libdeflate_crc32(0, plain.data(), plain.size()), packed.size(), plain.size(), bytes.size()};
    if (bytes.size() + packed.size() > 0xFFFFFFFE || plain.size() > 0xFFFFFFFE)
      throw Error(ErrorKind::data, "an NPZ file holds at most 4 GiB here", path.string(), "write .npy or .h5 instead");
    put<std::uint32_t>(bytes, 0x04034b50);
    put_entry(bytes, entry);
    bytes += entry.name;
    bytes += packed;
    put<std::uint32_t>(directory, 0x02014b50);
    put<std::uint16_t>(directory, 20);
    put_entry(directory, entry);
    put<std::uint16_t>(directory, 0);
    put<std::uint32_t>(directory, 0);
    put<std::uint32_t>(directory, 0);
    put<std::uint32_t>(directory, static_cast<std::uint32_t>(entry.offset));
    directory += entry.name;
  }
  const auto offset = static_cast<std::uint32_t>(bytes.size());
  bytes += directory;
  put<std::uint32_t>(bytes, 0x06054b50);
  put<std::uint32_t>(bytes, 0);
  put<std::uint16_t>(bytes, static_cast<std::uint16_t>(arrays.size()));
  put<std::uint16_t>(bytes, static_cast<std::uint16_t>(arrays.size()));
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(directory.size()));
  put<std::uint32_t>(bytes, offset);
  put<std::uint16_t>(bytes, 0);
  write_file(path, bytes);
}

}  // namespace plexus
