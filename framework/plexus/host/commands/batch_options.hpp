#pragma once
#include <string>

#include <plexus/host/batch.hpp>
#include <plexus/host/command_line.hpp>

namespace plexus {

// The common options as settings of a batch; without --jobs, as many at a time as there are cores, since each case calculates
// on one.
BatchSettings batch_settings(const CommandLine& line);

// --shard; throws Error(usage).
Shard shard_option(const std::string& text);

}  // namespace plexus
