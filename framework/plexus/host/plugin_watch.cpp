#include <plexus/host/plugin_watch.hpp>

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <plexus/base/error.hpp>
#include <plexus/host/crash_guard.hpp>

namespace plexus {
namespace {

// A list that handlers of signals can read: nodes are added in front and never freed.
struct Watched {
  std::string name, file;
  const Watched* next;
};
std::atomic<const Watched*> watched_plugins = nullptr;

// The innermost plugin on this thread's stack; null where there is none.
const Watched* plugin_on_stack() noexcept {
  std::array<void*, 128> frames;
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  for (int i = 0; i < count; ++i) {
    Dl_info info{};
    if (dladdr(frames[static_cast<std::size_t>(i)], &info) == 0 || info.dli_fname == nullptr) continue;
    for (const Watched* one = watched_plugins; one != nullptr; one = one->next)
      if (std::strcmp(info.dli_fname, one->file.c_str()) == 0) return one;
  }
  return nullptr;
}

// Without memory of its own, since a crash may have happened within malloc.
class Line {
 public:
  Line& operator<<(std::string_view text) noexcept {
    const auto room = std::min(text.size(), buffer_.size() - used_);
    std::memcpy(buffer_.data() + used_, text.data(), room);
    used_ += room;
    return *this;
  }
  Line& operator<<(int number) noexcept {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }
  void write() const noexcept { static_cast<void>(!::write(STDERR_FILENO, buffer_.data(), used_)); }

 private:
  std::array<char, 4096> buffer_;
  std::size_t used_ = 0;
};

constexpr std::string_view advice = "; a fault of the plugin: tell its author, or remove it\n";

void on_plugin_crash(int signal) {
  tell_crashed_plugin(signal);
  ::signal(signal, SIG_DFL);
  raise(signal);
}

void on_exit_call(int status, void*) {
  const Watched* const plugin = plugin_on_stack();
  if (plugin == nullptr) return;
  std::fflush(nullptr);
  (Line() << "plexus: plugin '" << plugin->name << "' (" << plugin->file << ") ended the program by exit(" << status << ")" << advice)
      .write();
  ::_exit(exit_code(ErrorKind::plugin));
}

void watch_process() {
  std::array<void*, 1> frame;
  backtrace(frame.data(), 1);  // loads its library now: not in a handler
  ::on_exit(on_exit_call, nullptr);
  give_crash_stack();
  for (const int signal : crash_signals()) {
    struct sigaction before {}, action {};
    // Somebody else's handler knows better what to do.
    if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    action.sa_handler = on_plugin_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

void watch_plugin(const std::string& name, const std::filesystem::path& file) {
  if (watched_plugins.load() == nullptr) watch_process();
  watched_plugins = new Watched{name, file.string(), watched_plugins.load()};
}

void tell_crashed_plugin(int signal) noexcept {
  const Watched* const plugin = plugin_on_stack();
  if (plugin == nullptr) return;
  const char* const meaning = sigdescr_np(signal);
  (Line() << "plexus: plugin '" << plugin->name << "' (" << plugin->file << ") crashed: signal " << signal << " ("
          << (meaning == nullptr ? "unknown" : meaning) << ")" << advice)
      .write();
}

}  // namespace plexus
