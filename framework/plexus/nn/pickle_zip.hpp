#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace plexus::pickle {

// The records of a zip archive as torch.save writes it: stored, not compressed, all below one folder, whose name is left
// out ("data.pkl", "data/0"). Directory and sizes are checked against the file before anything is allocated, which
// PyTorchStreamReader does not do. Every failure is Error(data).
class ZipRecords {
 public:
  explicit ZipRecords(const std::filesystem::path& path);
  bool has(const std::string& name) const { return records_.contains(name); }
  // Bytes of a record; throws where there is none.
  std::uint64_t size(const std::string& name) const;
  // Fills size(name) bytes.
  void read(const std::string& name, void* to);
  std::string text(const std::string& name);
  std::uint64_t file_size() const noexcept { return file_size_; }

 private:
  struct Record {
    std::uint64_t header = 0, size = 0;
  };
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;
  std::string bytes(std::uint64_t at, std::uint64_t count);
  void read_directory();
  const Record& find(const std::string& name) const;

  std::filesystem::path path_;
  std::ifstream file_;
  std::uint64_t file_size_ = 0;
  std::map<std::string, Record> records_;
};

}  // namespace plexus::pickle
