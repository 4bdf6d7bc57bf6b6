#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace plexus {

// Remembers on which case a process crashed (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): the readers of some formats are other
// people's, and one file must not keep thousands from being done. One at a time in a process.
class CrashGuard {
 public:
  // Ids of the cases that threads crash on go to `file`, a line each. `restart`: then the program begins anew with the same
  // arguments instead of dying, which only a program whose work goes on where it was may ask for.
  CrashGuard(const std::filesystem::path& file, bool restart);
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

  // This thread works on the case while it lives.
  class Case {
   public:
    explicit Case(const std::string& id);
    ~Case();
    Case(const Case&) = delete;
    Case& operator=(const Case&) = delete;
  };

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Signals that a crash ends in; none where a sanitizer reports crashes itself.
std::span<const int> crash_signals();
// A stack of its own for this thread's handler of signals, since a crash may be the end of the thread's.
void give_crash_stack();

// What a file of a guard says.
std::vector<std::string> crashed_cases(const std::filesystem::path& file);

}  // namespace plexus
