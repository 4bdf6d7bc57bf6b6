#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace plexus {

// Whole file; throws Error(data) naming the path where it cannot be read.
std::string read_file(const std::filesystem::path& path);
// Writes beside the target, flushes to the disk, renames: the target is the old file or the new one, never a part.
// Throws Error(resource) where the disk is full, Error(data) elsewhere.
void write_file(const std::filesystem::path& path, std::string_view content);
// The same for writers that need a path: `writer` fills the temporary file (same folder, same suffix), which is then
// flushed and renamed; it is removed where `writer` throws.
void write_atomically(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& writer);
// Flushes, with a check, a stream-like appender: metrics.csv, logs.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();
  void write(std::string_view text);  // one write(2); throws Error(resource) where the disk is full
  void flush();                       // fdatasync
  // Cuts the file to its first `bytes`.
  void truncate(std::uint64_t bytes);
  std::uint64_t size() const;

 private:
  std::filesystem::path path_;
  int handle_ = -1;
};
// Holds a folder for one process: FOLDER/.lock, given back when the process ends, however it ends.
class FolderLock {
 public:
  // Throws Error(resource) where another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int handle_;
};
// Lower-case hexadecimal SHA-256.
std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);
// Free bytes for the user on the file system that would hold the path (which need not exist).
std::uint64_t free_bytes(const std::filesystem::path& path);
// Creates a folder and its parents; throws Error(data) with the reason.
void make_folder(const std::filesystem::path& path);
// Names that a case id may take as a file name: letters, digits, '.', '_', '-'; others become '_'.
std::string safe_name(std::string_view id);
// "1.5 GiB", "340 MiB", "12 KiB".
std::string human_bytes(std::uint64_t bytes);
std::string human_seconds(double seconds);  // "1 h 12 min", "3 min 20 s", "4.2 s"

}  // namespace plexus
