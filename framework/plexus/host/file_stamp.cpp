#include <plexus/host/file_stamp.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// The files of a folder, sorted; the file itself otherwise.
std::vector<fs::path> files_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

FileStamp stamp_file(const std::string& path) {
  FileStamp stamp{path, 0, 0, ""};
  for (const auto& file : files_of(path)) {
    struct stat info {};
    if (stat(file.c_str(), &info) != 0)
      throw Error(ErrorKind::data, errno == ENOENT ? "does not exist" : std::generic_category().message(errno), file.string());
    stamp.bytes += static_cast<std::uint64_t>(info.st_size);
    stamp.changed = std::max(stamp.changed, static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1000000000 + info.st_mtim.tv_nsec);
  }
  return stamp;
}

FileStamp digest_file(const std::string& path) {
  FileStamp stamp = stamp_file(path);
  if (!fs::is_directory(path)) {
    stamp.digest = sha256_file(path);
    return stamp;
  }
  std::string all;
  for (const auto& file : files_of(path)) all += file.filename().string() + '\n' + sha256_file(file) + '\n';
  stamp.digest = sha256(all);
  return stamp;
}

FileStamp digest_if_readable(const std::string& path) {
  try {
    return digest_file(path);
  } catch (const std::exception&) {
    return {path, 0, 0, ""};
  }
}

bool unchanged(FileStamp& stamp) {
  if (!fs::exists(stamp.path)) return false;
  const FileStamp now = stamp_file(stamp.path);
  if (now.bytes != stamp.bytes) return false;
  if (now.changed == stamp.changed) return true;
  if (stamp.digest.empty() || digest_file(stamp.path).digest != stamp.digest) return false;
  stamp.changed = now.changed;
  return true;
}

std::string stamps_to_json(const std::vector<FileStamp>& stamps) {
  auto all = nlohmann::json::array();
  for (const FileStamp& stamp : stamps)
    all.push_back({{"path", stamp.path}, {"bytes", stamp.bytes}, {"changed", stamp.changed}, {"sha256", stamp.digest}});
  return all.dump();
}

std::vector<FileStamp> stamps_from_json(const std::string& text) {
  std::vector<FileStamp> stamps;
  for (const auto& one : nlohmann::json::parse(text))
    stamps.push_back({one.at("path"), one.at("bytes"), one.at("changed"), one.at("sha256")});
  return stamps;
}

}  // namespace plexus
