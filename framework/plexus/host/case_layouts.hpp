#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/case_files.hpp>

namespace plexus {

// The layouts that only the command line knows, for case_files.cpp. Ids need not be unique yet.
FoundCases find_single_files(const std::string& input);
FoundCases find_in_table(const std::filesystem::path& file);

}  // namespace plexus
