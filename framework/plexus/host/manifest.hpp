#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/host/file_stamp.hpp>

namespace plexus {

// What is known of one case of a batch.
struct CaseRecord {
  enum class State { begun, done, failed };
  std::string id;
  State state = State::begun;
  std::string recipe;              // fingerprint of what was done to it
  std::vector<FileStamp> inputs;   // as they were
  std::vector<FileStamp> outputs;  // relative to the target folder; no digests
  int attempts = 0;
  double seconds = 0;
  std::uint64_t estimated_bytes = 0, peak_bytes = 0;  // peak: of tensors
  ErrorKind error_kind = ErrorKind::data;             // where failed
  std::string error;
  std::string details = "{}";  // JSON for the summary: sizes, spacing, notes, …
  std::string thumbnail;       // PNG, "" where there is none
};

// The record of a batch: an SQLite file, on the disk whenever a call returns, readable after any crash.
class Manifest {
 public:
  // Opens or creates. A damaged file is set aside (FILE.damaged) with a warning.
  explicit Manifest(const std::filesystem::path& file);
  ~Manifest();
  Manifest(const Manifest&) = delete;
  Manifest& operator=(const Manifest&) = delete;

  std::map<std::string, CaseRecord> records() const;
  void save(const CaseRecord& record);              // [any thread] replaces the case's row
  std::string value(const std::string& key) const;  // "" where there is none
  void set_value(const std::string& key, const std::string& value);
  // Notes this process; `processes` are those noted before, oldest first.
  void begin_process();
  std::vector<std::int64_t> processes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plexus
