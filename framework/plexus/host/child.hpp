#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace plexus {

// One line of a child's `--progress json`.
struct ChildProgress {
  std::string title, unit;
  std::int64_t done = 0, total = 0;
  std::uint64_t resident = 0;  // bytes of the child's memory at that time
};

struct ChildEnd {
  int exit_code = -1;     // -1 where a signal ended it
  int signal = 0;
  bool out_of_time = false;          // killed by us
  double seconds = 0;
  double seconds_to_stop = -1;       // from the interrupt to the end; -1: not interrupted
  std::vector<std::string> messages;  // lines of stderr that are no progress
  // "exit code 3: the last message", "killed by signal 11 (Segmentation fault)".
  std::string text() const;
};

// Runs this program with other arguments, without a shell; its stdout goes nowhere. `watch` sees each line of progress and says
// whether to send SIGINT now. Killed after `limit` seconds. Throws Error(resource) where it cannot be started.
ChildEnd run_child(const std::vector<std::string>& arguments, double limit,
                   const std::function<bool(const ChildProgress&)>& watch = {});

}  // namespace plexus
