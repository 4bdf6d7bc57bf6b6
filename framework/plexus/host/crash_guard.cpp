#include <plexus/host/crash_guard.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>

#include <plexus/base/error.hpp>
#include <plexus/base/sanitizer.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/plugin_watch.hpp>

namespace plexus {
namespace {

constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
// A sanitizer says more of them.
constexpr std::span<const int> signals(crashes.data(), kAddressSanitizer || kThreadSanitizer ? 0 : crashes.size());

// What the handler may touch: it runs in the middle of anything.
thread_local const char* current_case = nullptr;
int mark_file = -1;
char* const* restart_arguments = nullptr;

void on_crash(int signal) {
  tell_crashed_plugin(signal);
  if (current_case != nullptr && mark_file >= 0) {
    static_cast<void>(!write(mark_file, current_case, std::strlen(current_case)));
    static_cast<void>(!write(mark_file, "\n", 1));
    fsync(mark_file);
    if (restart_arguments != nullptr) {
      sigset_t all;
      sigfillset(&all);
      sigprocmask(SIG_UNBLOCK, &all, nullptr);  // a blocked signal would stay so in the new program
      execve("/proc/self/exe", restart_arguments, environ);
    }
  }
  ::signal(signal, SIG_DFL);
  raise(signal);
}

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string one; std::getline(file, one, '\0');) arguments.push_back(one);
  return arguments;
}

}  // namespace

std::span<const int> crash_signals() { return signals; }

void give_crash_stack() {
  if (signals.empty()) return;  // the sanitizer gives threads a stack of its own, and frees the one it finds
  thread_local std::array<char, 1 << 16> memory;
  stack_t stack{};
  stack.ss_sp = memory.data();
  stack.ss_size = memory.size();
  sigaltstack(&stack, nullptr);
}

struct CrashGuard::State {
  std::vector<std::string> arguments;
  std::vector<char*> pointers;
  std::array<struct sigaction, signals.size()> before{};
};

CrashGuard::CrashGuard(const std::filesystem::path& file, bool restart) : state_(std::make_unique<State>()) {
  mark_file = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (mark_file < 0) throw Error(ErrorKind::data, "cannot open for appending", file.string());
  if (restart) {
    state_->arguments = own_arguments();
    for (std::string& one : state_->arguments) state_->pointers.push_back(one.data());
    state_->pointers.push_back(nullptr);
    restart_arguments = state_->pointers.data();
  }
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &state_->before[i]);
}

CrashGuard::~CrashGuard() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &state_->before[i], nullptr);
  restart_arguments = nullptr;
  close(mark_file);
  mark_file = -1;
}

CrashGuard::Case::Case(const std::string& id) {
  give_crash_stack();
  current_case = id.c_str();
}
CrashGuard::Case::~Case() { current_case = nullptr; }

std::vector<std::string> crashed_cases(const std::filesystem::path& file) {
  std::vector<std::string> ids;
  std::ifstream marks(file);
  for (std::string line; std::getline(marks, line);)
    if (!trim(line).empty()) ids.push_back(line);
  return ids;
}

}  // namespace plexus
