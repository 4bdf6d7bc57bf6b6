#include <plexus/host/machine.hpp>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

// First line of a file of /proc or /sys; "" where there is none.
std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The folders of this process's control group and of those above it, innermost first. Version 2, or one controller of
// version 1.
std::vector<std::filesystem::path> control_groups(const std::string& controller) {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream groups("/proc/self/cgroup");
  std::vector<std::filesystem::path> folders;
  for (std::string line; std::getline(groups, line);) {
    const auto parts = split(line, ':');
    if (parts.size() < 3) continue;
    const bool unified = parts[0] == "0";
    const auto names = split(parts[1], ',');
    if (!unified && std::find(names.begin(), names.end(), controller) == names.end()) continue;
    const std::filesystem::path top = unified ? root : root / controller;
    std::filesystem::path below = std::filesystem::path(parts[2]).relative_path();
    for (; !below.empty(); below = below.parent_path()) folders.push_back(top / below);
    folders.push_back(top);
  }
  return folders;
}

std::optional<double> cpu_quota() {
  std::optional<double> least;
  const auto keep = [&least](double quota, double period) {
    if (quota > 0 && period > 0) least = std::min(least.value_or(std::numeric_limits<double>::infinity()), quota / period);
  };
  for (const auto& folder : control_groups("cpu")) {
    std::istringstream both(first_line(folder / "cpu.max"));  // version 2: "max 100000" or "150000 100000"
    std::string quota, period;
    if (both >> quota >> period) keep(parse_real(quota).value_or(-1), parse_real(period).value_or(-1));
    keep(parse_real(first_line(folder / "cpu.cfs_quota_us")).value_or(-1),
         parse_real(first_line(folder / "cpu.cfs_period_us")).value_or(-1));
  }
  return least;
}

int count_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return 0;
  const auto value = parse_integer(split(text, ',').front());  // OMP_NUM_THREADS may list one number a nesting level
  return value && *value > 0 && *value <= 4096 ? static_cast<int>(*value) : 0;
}

}  // namespace

int usable_cores() {
  int cores = 0;
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) cores = CPU_COUNT(&mask);
  if (cores < 1) cores = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  if (const auto quota = cpu_quota()) cores = std::min(cores, std::max(1, static_cast<int>(std::ceil(*quota))));
  return cores;
}

std::uint64_t usable_memory() {
  std::uint64_t least = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto keep = [&least](const std::string& line) {
    const auto value = parse_integer(line);
    if (value && *value > 0) least = std::min(least, static_cast<std::uint64_t>(*value));
  };
  for (const auto& folder : control_groups("memory")) {
    keep(first_line(folder / "memory.max"));
    keep(first_line(folder / "memory.limit_in_bytes"));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    least = std::min(least, static_cast<std::uint64_t>(limit.rlim_cur));
  return least;
}

int default_compute_threads() {
  if (const char* text = std::getenv("PLEXUS_NUM_THREADS"); text != nullptr && *text != '\0') {
    if (const int count = count_from("PLEXUS_NUM_THREADS"); count > 0) return count;
    throw Error(ErrorKind::usage, std::string("'") + text + "' is no number of threads",
                "environment variable PLEXUS_NUM_THREADS", "give a whole number from 1 to 4096, or unset it");
  }
  for (const char* variable : {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"})
    if (const int count = count_from(variable); count > 0) return count;
  return usable_cores();
}

int default_jobs() { return std::clamp(default_compute_threads() / 2, 1, 8); }

std::uint64_t parse_bytes(const std::string& text) {
  std::size_t letters = text.size();
  while (letters > 0 && (std::isalpha(static_cast<unsigned char>(text[letters - 1])) != 0)) --letters;
  const auto number = parse_real(trim(std::string_view(text).substr(0, letters)));
  std::string unit = text.substr(letters);
  std::transform(unit.begin(), unit.end(), unit.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string units = "BKMGT";
  const bool spelled = unit.empty() || unit == "B" || unit.substr(1).empty() || unit.substr(1) == "B" || unit.substr(1) == "IB";
  const auto power = unit.empty() ? 0 : units.find(unit[0]);
  if (!number || !(*number >= 0) || !spelled || power == std::string::npos)
    throw std::invalid_argument("a size as 16G or 512M");
  const double bytes = *number * std::pow(1024.0, static_cast<double>(power));
  if (!(bytes < 9e18)) throw std::invalid_argument("a size as 16G or 512M");
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace plexus
