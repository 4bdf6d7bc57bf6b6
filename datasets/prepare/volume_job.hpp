#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/sdk/preprocessor.hpp>

#include "h5_layout.hpp"

namespace plexus::datasets {

// The job that turns an image (and its label; an empty path: none) into files of the slice layout. Throws Error(data) where
// one is missing.
Job volume_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label);
void run_volume_job(const Job& job, const std::filesystem::path& target);
// What jobs of volume_job wrote.
std::vector<LayoutCase> layout_cases(const std::vector<Job>& done);

}  // namespace plexus::datasets
