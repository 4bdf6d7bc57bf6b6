#pragma once
#include <string>

#include <plexus/host/batch.hpp>
#include <plexus/host/command_line.hpp>

namespace plexus {

// The common options (case_jobs among them) as settings of a batch.
BatchSettings batch_settings(const CommandLine& line);

// --shard; throws Error(usage).
Shard shard_option(const std::string& text);

}  // namespace plexus
