#include <plexus/nn/pickle_zip.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

namespace plexus::pickle {
namespace {

// Layouts of PKWARE's APPNOTE 6.3: 4.3.7 local header, 4.3.12 directory entry, 4.3.14 to 4.3.16 ends.
constexpr std::uint32_t local_mark = 0x04034b50, entry_mark = 0x02014b50, end_mark = 0x06054b50, end64_mark = 0x06064b50,
                        locator64_mark = 0x07064b50;
constexpr std::uint64_t local_bytes = 30, entry_bytes = 46, end_bytes = 22, end64_bytes = 56, locator64_bytes = 20;
constexpr std::uint64_t longest_comment = 65535;

template <class T>
T field(const std::string& bytes, std::size_t at) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

ZipRecords::ZipRecords(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
  std::error_code reason;
  file_size_ = std::filesystem::file_size(path, reason);
  if (!file_ || reason) fail("it cannot be read");
  read_directory();
}

void ZipRecords::fail(const std::string& message, const std::string& hint) const {
  throw Error(ErrorKind::data, message, path_.string(), hint);
}

std::string ZipRecords::bytes(std::uint64_t at, std::uint64_t count) {
  if (at > file_size_ || count > file_size_ - at) fail("it is cut short or damaged: its zip directory points outside the file");
  std::string content(count, '\0');
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(at));
  file_.read(content.data(), static_cast<std::streamsize>(count));
  if (static_cast<std::uint64_t>(file_.gcount()) != count) fail("it cannot be read to its end");
  return content;
}

void ZipRecords::read_directory() {
  const auto tail_size = std::min(file_size_, end_bytes + longest_comment);
  const auto tail = bytes(file_size_ - tail_size, tail_size);
  std::size_t end = std::string::npos;
  for (std::size_t at = tail.size() < end_bytes ? 0 : tail.size() - end_bytes + 1; at-- > 0;) {
    if (field<std::uint32_t>(tail, at) == end_mark && field<std::uint16_t>(tail, at + 20) == tail.size() - at - end_bytes) {
      end = at;
      break;
    }
  }
  if (end == std::string::npos || tail.size() < end_bytes)
    fail("it is cut short or damaged: it begins as a zip archive but has no end of one");

  std::uint64_t count = field<std::uint16_t>(tail, end + 10), length = field<std::uint32_t>(tail, end + 12),
                start = field<std::uint32_t>(tail, end + 16);
  const std::uint64_t end_at = file_size_ - tail_size + end;
  if (end_at >= locator64_bytes) {
    const auto locator = bytes(end_at - locator64_bytes, locator64_bytes);
    if (field<std::uint32_t>(locator, 0) == locator64_mark) {
      const auto end64 = bytes(field<std::uint64_t>(locator, 8), end64_bytes);
      if (field<std::uint32_t>(end64, 0) != end64_mark) fail("it is damaged: its zip64 directory is not where it should be");
      count = field<std::uint64_t>(end64, 32);
      length = field<std::uint64_t>(end64, 40);
      start = field<std::uint64_t>(end64, 48);
    }
  }
  if (count > length / entry_bytes) fail("it is damaged: its zip directory is too short for its entries");
  const auto directory = bytes(start, length);

  std::string folder;
  std::uint64_t total = 0;
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto rest = directory.size() - at;
    if (rest < entry_bytes || field<std::uint32_t>(directory, at) != entry_mark)
      fail("it is damaged: an entry of its zip directory is not sound");
    const std::size_t name_length = field<std::uint16_t>(directory, at + 28),
                      extra_length = field<std::uint16_t>(directory, at + 30),
                      comment_length = field<std::uint16_t>(directory, at + 32);
    if (rest < entry_bytes + name_length + extra_length + comment_length)
      fail("it is damaged: an entry of its zip directory is not sound");
    const auto name = directory.substr(at + entry_bytes, name_length);
    const auto extra = directory.substr(at + entry_bytes + name_length, extra_length);
    std::uint64_t packed = field<std::uint32_t>(directory, at + 20), size = field<std::uint32_t>(directory, at + 24),
                  header = field<std::uint32_t>(directory, at + 42);
    for (std::size_t e = 0; e + 4 <= extra.size();) {
      const std::size_t id = field<std::uint16_t>(extra, e), part = field<std::uint16_t>(extra, e + 2);
      if (part > extra.size() - e - 4) break;
      std::size_t value = e + 4;
      const auto take_long = [&](std::uint64_t& number) {
        if (number != 0xffffffff || value + 8 > e + 4 + part) return;
        number = field<std::uint64_t>(extra, value);
        value += 8;
      };
      if (id == 1) {
        take_long(size);
        take_long(packed);
        take_long(header);
      }
      e += 4 + part;
    }
    if (field<std::uint16_t>(directory, at + 10) != 0 || packed != size) {
      fail(fmt::format("its record '{}' is compressed, which torch.save never does", name),
           "unpack it and zip it again without compression: zip -0 -r");
    }
    // Distinct records cannot overlap, so their sum bounds what any reader may allocate.
    if (size > file_size_ || (total += size) > file_size_)
      fail("it is damaged: its records are said to be larger than the file");
    const auto slash = name.find('/');
    if (slash != std::string::npos) {
      if (records_.empty()) folder = name.substr(0, slash);
      if (name.substr(0, slash) == folder) records_[name.substr(slash + 1)] = {header, size};
    }
    at += entry_bytes + name_length + extra_length + comment_length;
  }
}

const ZipRecords::Record& ZipRecords::find(const std::string& name) const {
  const auto found = records_.find(name);
  if (found == records_.end()) fail(fmt::format("it is damaged or no PyTorch file: its record '{}' is missing", name));
  return found->second;
}

std::uint64_t ZipRecords::size(const std::string& name) const { return find(name).size; }

void ZipRecords::read(const std::string& name, void* to) {
  const auto& record = find(name);
  const auto header = bytes(record.header, local_bytes);
  const auto data = record.header + local_bytes + field<std::uint16_t>(header, 26) + field<std::uint16_t>(header, 28);
  if (field<std::uint32_t>(header, 0) != local_mark || data > file_size_ || record.size > file_size_ - data) {
    fail(fmt::format("it is damaged: its record '{}' is not where the directory says", name));
  }
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(data));
  file_.read(static_cast<char*>(to), static_cast<std::streamsize>(record.size));
  if (static_cast<std::uint64_t>(file_.gcount()) != record.size) fail("it cannot be read to its end");
}

std::string ZipRecords::text(const std::string& name) {
  std::string content(size(name), '\0');
  read(name, content.data());
  return content;
}

}  // namespace plexus::pickle
