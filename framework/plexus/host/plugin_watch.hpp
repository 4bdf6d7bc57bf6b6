#pragma once
#include <filesystem>
#include <string>

namespace plexus {

// What a plugin's code does to the process is put down to the plugin. From now on, where the code of `file` stands on the stack:
// a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT; so also an exception that nobody can catch) first writes a line to stderr that
// names the plugin; exit() does too and ends with the code of ErrorKind::plugin, whatever code it was called with, so that a
// plugin cannot pass its end off as success. _exit() cannot be seen. Called before any of the plugin's code runs, with the
// path that it is loaded by. One thread.
void watch_plugin(const std::string& name, const std::filesystem::path& file);

// The line for a crash, where a plugin's code stands on this thread's stack: for handlers of signals.
void tell_crashed_plugin(int signal) noexcept;

}  // namespace plexus
