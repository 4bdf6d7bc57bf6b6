#include <plexus/base/stop.hpp>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

std::atomic<int> requested{0};
static_assert(std::atomic<int>::is_always_lock_free, "the handler may use nothing that locks");

void handle(int signal) {
  int none = 0;
  if (requested.compare_exchange_strong(none, signal)) {
    constexpr std::string_view text = "\nstopping in order; Ctrl-C again leaves at once\n";
    if (signal == SIGINT) static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
  } else if (signal == SIGINT) {
    _exit(exit_code(ErrorKind::interrupted));
  }
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() noexcept { return requested.load(std::memory_order_relaxed); }

void request_stop(int signal) noexcept { requested = signal; }

void clear_stop() noexcept { requested = 0; }

void throw_if_stopped() {
  const int signal = stop_signal();
  if (signal == SIGTERM) throw Error(ErrorKind::terminated, "terminated");
  if (signal != 0) throw Error(ErrorKind::interrupted, "interrupted");
}

}  // namespace plexus
