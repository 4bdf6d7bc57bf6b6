#pragma once

namespace plexus {

// The first SIGINT or SIGTERM asks the work to end in order; a second SIGINT ends the process at once.
void install_stop_handlers();
// Any thread. 0, or the signal that asked.
int stop_signal() noexcept;
inline bool stop_requested() noexcept { return stop_signal() != 0; }
// For tests, and for a host that wants to stop its own work.
void request_stop(int signal) noexcept;
void clear_stop() noexcept;
// Throws Error of kind interrupted or terminated where a stop was requested.
void throw_if_stopped();

}  // namespace plexus
