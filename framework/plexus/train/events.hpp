#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plexus/base/file.hpp>

namespace plexus {

// Castagnoli's CRC (polynomial 0x1EDC6F41, reflected) of TFRecord files.
std::uint32_t crc32c(std::string_view bytes) noexcept;

// One TFRecord: length, its masked CRC, the bytes, their masked CRC; little endian.
std::string tf_record(std::string_view bytes);

// TensorBoard's event file: scalars by step. A fresh file begins with the version event.
class EventFile {
 public:
  using Scalars = std::vector<std::pair<std::string, double>>;
  // Appends to what is there, cut to its first `bytes`; 0 begins anew.
  EventFile(const std::filesystem::path& path, std::uint64_t bytes);
  void write(std::int64_t step, double wall_time, const Scalars& scalars);  // seconds since 1970
  void flush() { file_.flush(); }
  std::uint64_t size() const { return file_.size(); }

 private:
  AppendFile file_;
};

}  // namespace plexus
