#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/command_line.hpp>
#include <plexus/host/run.hpp>

namespace plexus {

// What `run` and `train` share: a pipeline file, its run folder, and execution of all or some stages.
// Returns the exit code; `only` names stages or kinds, empty for all.
int execute_pipeline(const CommandLine& line, const std::filesystem::path& file, const std::filesystem::path& output,
                     const std::vector<std::string>& only, const std::string& verb, const std::vector<std::string>& args);

// The common options as RunSettings.
RunSettings run_settings(const CommandLine& line, const std::filesystem::path& folder);

}  // namespace plexus
