#pragma once
#include <ctime>
#include <fstream>
#include <string>

namespace plexus::bench {

// Processor time of the process, so that other work on the machine does not count.
inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The most memory held since the start, or since forget_peak.
inline double peak_gib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / (1 << 20);
  }
  return 0;
}
inline void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace plexus::bench
