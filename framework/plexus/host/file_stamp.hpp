#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace plexus {

// What a file (or a folder of files: a series) was when a case was made of it.
struct FileStamp {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t changed = 0;  // nanoseconds
  std::string digest;        // SHA-256 of the content, "" where it was not asked for
};

// Sizes and times alone. Throws Error(data) where it does not exist.
FileStamp stamp_file(const std::string& path);
// With the digest; of a folder: of the names and digests of the files in it.
FileStamp digest_file(const std::string& path);
// The same, with the path alone where it cannot be read.
FileStamp digest_if_readable(const std::string& path);
// Still what the stamp says. A file whose size and time are as they were is not read; one of another time counts by its
// content, and its stamp takes the new time.
bool unchanged(FileStamp& stamp);

std::string stamps_to_json(const std::vector<FileStamp>& stamps);
// Throws nlohmann::json::exception where the text is something else.
std::vector<FileStamp> stamps_from_json(const std::string& text);

}  // namespace plexus
