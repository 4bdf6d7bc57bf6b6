#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/case_files.hpp>

namespace plexus {

// One finder a layout, for case_files.cpp. Ids need not be unique yet.
FoundCases find_single_files(const std::string& input);
FoundCases find_pairs(const std::filesystem::path& folder);
FoundCases find_in_table(const std::filesystem::path& file);
FoundCases find_nnunet(const std::filesystem::path& folder);
FoundCases find_msd(const std::filesystem::path& folder);
FoundCases find_bids(const std::filesystem::path& folder, const std::string& suffix);

// A folder that holds DICOM files.
bool is_series(const std::filesystem::path& folder);

}  // namespace plexus
