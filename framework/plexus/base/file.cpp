#include <plexus/base/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include <plexus/base/error.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t nearly_full = 1 << 20;  // with less than this, a failing writer most likely ran out of space

// The nearest folder that exists, at or above the path.
fs::path existing(const fs::path& path) {
  std::error_code ignored;
  fs::path folder = fs::absolute(path, ignored);
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

// Where the file system that holds the path is mounted.
fs::path mount_point(const fs::path& path) {
  struct stat here {
  }, above{};
  fs::path folder = existing(path);
  if (stat(folder.c_str(), &here) != 0) return folder;
  while (folder.has_relative_path() && stat(folder.parent_path().c_str(), &above) == 0 && above.st_dev == here.st_dev)
    folder = folder.parent_path();
  return folder;
}

bool out_of_space(int fault) { return fault == ENOSPC || fault == EDQUOT || fault == EFBIG; }

Error disk_full(const fs::path& path) {
  return Error(ErrorKind::resource, "no space left for writing", path.string(),
               fmt::format("make room on the file system at {} ({} free), or choose another output folder",
                           mount_point(path).string(), human_bytes(free_bytes(path))));
}

[[noreturn]] void fail(const fs::path& path, const std::string& action, int fault) {
  if (out_of_space(fault)) throw disk_full(path);
  throw Error(ErrorKind::data, action + ": " + std::generic_category().message(fault), path.string());
}

// A file descriptor that closes itself.
class Handle {
 public:
  Handle(const fs::path& path, int flags, const std::string& action) : of_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (of_ < 0) fail(path, action, errno);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(of_); }
  int of() const { return of_; }

 private:
  int of_;
};

void write_all(int handle, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(handle, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail(path, "cannot write", errno);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// A folder's entries are on the disk only after the folder itself was flushed; some file systems cannot, which is no fault.
void flush_folder(const fs::path& folder) {
  const int handle = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  fsync(handle);
  close(handle);
}

// Beside the target, so that renaming stays within one file system; keeps the end of the name, so that writers that go by
// the suffix work.
fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  const std::string name = path.filename().string();
  return path.parent_path() / fmt::format(".partial-{}-{}-{}", getpid(), ++count,
                                          name.substr(name.size() - std::min<std::size_t>(name.size(), 200)));
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(const char* bytes, std::size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }
  std::string text() {
    std::array<unsigned char, 32> raw{};
    EVP_DigestFinal_ex(context_.get(), raw.data(), nullptr);
    std::string out;
    for (const unsigned char byte : raw) out += fmt::format("{:02x}", byte);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// Calls `visit` with the file's bytes, piece by piece.
template <class Visit>
void read_pieces(const fs::path& path, Visit&& visit) {
  const Handle file(path, O_RDONLY, "cannot open");
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t got = ::read(file.of(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot read", errno);
    if (got == 0) return;
    visit(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::string content;
  read_pieces(path, [&](const char* bytes, std::size_t count) { content.append(bytes, count); });
  return content;
}

void write_file(const fs::path& path, std::string_view content) {
  write_atomically(path, [&](const fs::path& temporary) {
    const Handle file(temporary, O_WRONLY | O_CREAT | O_EXCL, "cannot create");
    write_all(file.of(), content, path);
  });
}

void write_atomically(const fs::path& path, const std::function<void(const fs::path&)>& writer) {
  if (!path.has_filename()) throw Error(ErrorKind::data, "is no file name", path.string());
  const fs::path temporary = temporary_beside(path);
  try {
    writer(temporary);
    {
      const Handle file(temporary, O_RDONLY, "was not written");
      if (fsync(file.of()) != 0) fail(path, "cannot flush to the disk", errno);
    }
    if (rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot put the finished file in place", errno);
  } catch (const std::exception& error) {
    const bool full = free_bytes(path) < nearly_full;  // asked before the partial file gives its space back
    unlink(temporary.c_str());
    const auto* own = dynamic_cast<const Error*>(&error);
    if (full && !(own && own->kind() == ErrorKind::resource)) throw disk_full(path);  // libraries hide the reason
    throw;
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  flush_folder(path.parent_path());
}

AppendFile::AppendFile(const fs::path& path)
    : path_(path), handle_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (handle_ < 0) fail(path_, "cannot open for appending", errno);
}

AppendFile::~AppendFile() { close(handle_); }

void AppendFile::write(std::string_view text) {
  const std::uint64_t before = size();
  try {
    write_all(handle_, text, path_);
  } catch (const Error&) {
    static_cast<void>(!ftruncate(handle_, static_cast<off_t>(before)));  // no torn line
    throw;
  }
}

void AppendFile::flush() {
  // EINVAL: a pipe or device, which has nothing to flush.
  if (fdatasync(handle_) != 0 && errno != EINVAL && errno != EROFS) fail(path_, "cannot flush to the disk", errno);
}

void AppendFile::truncate(std::uint64_t bytes) {
  if (bytes < size() && ftruncate(handle_, static_cast<off_t>(bytes)) != 0) fail(path_, "cannot cut", errno);
}

std::uint64_t AppendFile::size() const {
  struct stat info {};
  if (fstat(handle_, &info) != 0) fail(path_, "cannot ask for the size", errno);
  return static_cast<std::uint64_t>(info.st_size);
}

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".lock";
  handle_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (handle_ < 0) fail(file, "cannot create", errno);
  if (::flock(handle_, LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  ::close(handle_);
  handle_ = -1;
  if (why != EWOULDBLOCK) return;  // a file system without locks
  throw Error(ErrorKind::resource, "another process works on this folder", folder.string(),
              "wait for it, end it, or choose another folder with -o");
}
FolderLock::~FolderLock() {
  if (handle_ >= 0) ::close(handle_);
}

std::string sha256(std::string_view bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.text();
}

std::string sha256_file(const fs::path& path) {
  Digest digest;
  read_pieces(path, [&](const char* bytes, std::size_t count) { digest.add(bytes, count); });
  return digest.text();
}

std::uint64_t free_bytes(const fs::path& path) {
  struct statvfs info {};
  if (statvfs(existing(path).c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

void make_folder(const fs::path& path) {
  std::error_code fault;
  fs::create_directories(path, fault);
  if (fault) fail(path, "cannot create the folder", fault.value());
  if (!fs::is_directory(path, fault)) fail(path, "cannot create the folder", ENOTDIR);
}

std::string safe_name(std::string_view id) {
  std::string name(id);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '_' && c != '-') c = '_';
  }
  if (name.empty()) return "_";
  if (name.front() == '.') name.front() = '_';  // neither hidden nor a way up
  return name;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= (unit == 0 ? 1024 : 1023.5) && unit + 1 < units.size()) {
    size /= 1024;
    ++unit;
  }
  return unit > 0 && size < 9.95 ? fmt::format("{:.1f} {}", size, units[unit]) : fmt::format("{:.0f} {}", size, units[unit]);
}

std::string human_seconds(double seconds) {
  if (std::isnan(seconds)) return "?";
  if (std::isinf(seconds) || seconds > 1e15) return "for ever";
  if (seconds < 0) return "-" + human_seconds(-seconds);
  if (seconds < 0.0995) return fmt::format("{:.{}f} ms", seconds * 1000, seconds < 0.00995 ? 1 : 0);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  const long long minutes = (whole + 30) / 60;
  if (minutes < 24 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  const long long hours = (minutes + 30) / 60;
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

}  // namespace plexus
