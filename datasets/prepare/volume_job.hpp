#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <plexus/sdk/preprocessor.hpp>

#include "h5_layout.hpp"

namespace plexus::datasets {

// How a set's files become the layout's.
struct VolumeReading {
  std::int64_t channel = -1;                         // of a 4D image; -1: it has one
  std::map<std::int64_t, std::int64_t> labels = {};  // stored value to class; 0 stays 0; empty: as stored
  std::int64_t first_slice = 1;                      // number of the first slice
};

// The job that turns an image (and its label; an empty path: none) into files of the slice layout. Throws Error(data) where
// one is missing.
Job volume_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label,
               const VolumeReading& reading = {});
void run_volume_job(const Job& job, const std::filesystem::path& target, const VolumeReading& reading = {});
// What jobs of volume_job wrote.
std::vector<LayoutCase> layout_cases(const std::vector<Job>& done);

}  // namespace plexus::datasets
