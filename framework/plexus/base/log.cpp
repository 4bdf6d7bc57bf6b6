#include <plexus/base/log.hpp>

#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>

namespace plexus::log {
namespace {

constexpr std::array<std::string_view, 5> names{"debug", "info", "warning", "error", "off"};

struct Files {
  explicit Files(const std::filesystem::path& folder) : text(folder / "log.txt"), json(folder / "log.jsonl") {}
  AppendFile text, json;
};

struct State {
  std::mutex lock;
  Level level = Level::info;
  std::unique_ptr<Files> files;
  std::set<std::string, std::less<>> said;
  std::string status;
};

// Never destroyed: threads and destructors of statics may log to the very end.
State& state() {
  static State* const one = new State;
  return *one;
}

std::string now() {
  timeval time{};
  gettimeofday(&time, nullptr);
  tm parts{};
  gmtime_r(&time.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, time.tv_usec / 1000);
}

void to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(STDERR_FILENO, text.data(), text.size());
    if (wrote <= 0) return;  // there is nowhere left to complain
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

std::string for_people(Level level, std::string_view text) {
  if (level == Level::info) return fmt::format("{}\n", text);
  const std::string_view name = names[static_cast<std::size_t>(level)];
  if (!use_colour()) return fmt::format("{}: {}\n", name, text);
  const std::string_view colour = level == Level::error ? "31" : level == Level::warning ? "33" : "2";
  return fmt::format("\033[{}m{}:\033[0m {}\n", colour, name, text);
}

// Cut at the terminal's width: a wrapped line cannot be overwritten in place.
std::string fitted(const std::string& text) {
  winsize size{};
  const std::size_t width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
  std::size_t columns = 0, end = 0;
  while (end < text.size() && columns < width) {
    ++columns;
    do ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  }
  return text.substr(0, end);
}

void to_files(State& all, Level level, std::string_view text) {
  const std::string time = now();
  const std::string_view name = names[static_cast<std::size_t>(level)];
  std::string indented;
  for (const char c : text) indented += c == '\n' ? "\n    " : std::string(1, c);
  try {
    all.files->text.write(fmt::format("{} {:<7} {}\n", time, name, indented));
    all.files->json.write(fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"text\":{}}}\n", time, name, json_string(text)));
  } catch (const Error& error) {
    all.files.reset();  // a full disk must not stop the work for the sake of its log
    to_stderr(for_people(Level::warning, fmt::format("the log goes on without its files: {}", error.what())));
  }
}

void write_locked(State& all, Level level, std::string_view text) {
  if (level == Level::off) return;
  if (level >= all.level) {
    const std::string line = for_people(level, text);
    to_stderr(all.status.empty() ? line : "\r\033[K" + line + fitted(all.status));
  }
  if (all.files && level >= Level::info) to_files(all, level, text);
}

}  // namespace

void write(Level level, std::string_view text) {
  State& all = state();
  const std::lock_guard guard(all.lock);
  write_locked(all, level, text);
}

void record(Level level, std::string_view text) {
  State& all = state();
  const std::lock_guard guard(all.lock);
  if (all.files && level >= Level::info) to_files(all, level, text);
}

void warn_once(std::string_view text) {
  State& all = state();
  const std::lock_guard guard(all.lock);
  if (all.said.emplace(text).second) write_locked(all, Level::warning, text);
}

void set_level(Level level) {
  State& all = state();
  const std::lock_guard guard(all.lock);
  all.level = level;
}

Level parse_level(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Level>(i);
  const std::string near = nearest(name, {names.begin(), names.end()});
  throw Error(ErrorKind::usage, fmt::format("no log level '{}'", name), "",
              near.empty() ? "levels are debug, info, warning, error, off" : fmt::format("did you mean '{}'?", near));
}

void open_files(const std::string& folder) {
  auto files = folder.empty() ? nullptr : std::make_unique<Files>(folder);
  State& all = state();
  const std::lock_guard guard(all.lock);
  all.files = std::move(files);
}

void status(std::string_view text) {
  if (!stderr_is_terminal()) return;
  State& all = state();
  const std::lock_guard guard(all.lock);
  if (text.empty() && all.status.empty()) return;
  all.status = text;
  to_stderr("\r\033[K" + fitted(all.status));
}

bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

bool use_colour() {
  const char* no = std::getenv("NO_COLOR");
  return stderr_is_terminal() && (!no || !*no);
}

}  // namespace plexus::log
