#include <plexus/host/child.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>

extern char** environ;

namespace plexus {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

// 0 where the process is gone.
std::uint64_t resident_bytes_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Owns both ends until they are handed on or closed.
struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(ErrorKind::resource, std::string("no pipe: ") + std::strerror(errno));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_write();
    ::close(ends[0]);
  }
  void close_write() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

pid_t start(const std::vector<std::string>& arguments, int errors) {
  std::vector<std::string> all{"plexus"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (auto& word : all) words.push_back(word.data());
  words.push_back(nullptr);
  // A line for each step: short trainings are to be seen as well.
  std::vector<std::string> settings{"PLEXUS_PROGRESS_SECONDS=0"};
  std::vector<char*> environment{settings.front().data()};
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, words.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw Error(ErrorKind::resource, std::string("this program cannot be started again: ") + std::strerror(failed));
  return pid;
}

// Cuts what a child writes into lines.
class Reader {
 public:
  Reader(ChildEnd& end, pid_t pid, const std::function<bool(const ChildProgress&)>& watch) : end_(end), pid_(pid), watch_(watch) {}
  // True where the watcher wants the child interrupted.
  bool take(const char* bytes, std::size_t count) {
    bool interrupt = false;
    rest_.append(bytes, count);
    for (std::size_t newline = 0; (newline = rest_.find('\n')) != std::string::npos; rest_.erase(0, newline + 1))
      interrupt = line(rest_.substr(0, newline)) || interrupt;
    return interrupt;
  }
  void finish() {
    if (!rest_.empty()) line(rest_);
  }

 private:
  bool line(const std::string& text) {
    if (text.rfind("{\"progress\":", 0) != 0) {
      if (!text.empty()) end_.messages.push_back(text);
      return false;
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded() || !watch_) return false;
    return watch_({.title = json.value("progress", ""),
                   .unit = json.value("unit", ""),
                   .done = json.value("done", std::int64_t{0}),
                   .total = json["total"].is_number() ? json["total"].get<std::int64_t>() : 0,
                   .resident = resident_bytes_of(pid_)});
  }
  ChildEnd& end_;
  pid_t pid_;
  const std::function<bool(const ChildProgress&)>& watch_;
  std::string rest_;
};

}  // namespace

std::string ChildEnd::text() const {
  // What went wrong is the line of the program itself; a hint may follow it.
  const auto told = std::find_if(messages.rbegin(), messages.rend(), [](const auto& line) { return line.starts_with("plexus: "); });
  const std::string last = told != messages.rend() ? ": " + told->substr(8) : messages.empty() ? "" : ": " + messages.back();
  if (out_of_time) return fmt::format("not done after {:.0f} s, and killed{}", seconds, last);
  if (signal != 0) return fmt::format("killed by signal {} ({}){}", signal, ::strsignal(signal), last);
  return fmt::format("exit code {}{}", exit_code, last);
}

ChildEnd run_child(const std::vector<std::string>& arguments, double limit,
                   const std::function<bool(const ChildProgress&)>& watch) {
  Pipe pipe;
  const auto begun = Clock::now();
  const pid_t pid = start(arguments, pipe.ends[1]);
  pipe.close_write();
  ChildEnd end;
  Reader reader(end, pid, watch);
  double interrupted_at = -1;
  std::array<char, 4096> buffer{};
  for (pollfd waited{pipe.ends[0], POLLIN, 0};;) {
    if (since(begun) > limit && !end.out_of_time) {
      end.out_of_time = true;
      ::kill(pid, SIGKILL);
    }
    if (::poll(&waited, 1, 100) <= 0) continue;
    const auto count = ::read(pipe.ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    if (reader.take(buffer.data(), static_cast<std::size_t>(count)) && interrupted_at < 0) {
      interrupted_at = since(begun);
      ::kill(pid, SIGINT);
    }
  }
  reader.finish();
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  end.seconds = since(begun);
  if (interrupted_at >= 0) end.seconds_to_stop = end.seconds - interrupted_at;
  if (WIFSIGNALED(status))
    end.signal = WTERMSIG(status);
  else
    end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace plexus
