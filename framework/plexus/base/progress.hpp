#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace plexus {

enum class ProgressStyle { automatic, plain, json, none };
ProgressStyle parse_progress_style(const std::string& name);  // throws Error(usage)
void set_progress_style(ProgressStyle style);

// Progress of one long piece of work: a line in place on a terminal, a line now and then elsewhere, JSON lines for machines
// (PLEXUS_PROGRESS_SECONDS apart, by default 1).
// Shows rate and time left, from a running mean over the recent past. Any thread may call `advance`. The unit is a plural in -s.
class Progress {
 public:
  Progress(std::string title, std::int64_t total, std::string unit, std::int64_t start = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void advance(std::int64_t by = 1, const std::string& note = "");
  void finish();
  double seconds() const;       // since the start
  double seconds_left() const;  // NaN where nothing is known yet

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plexus
