#pragma once
#include <filesystem>

#include <nlohmann/json.hpp>

#include <plexus/data/volume.hpp>
#include <plexus/host/batch.hpp>
#include <plexus/host/case_files.hpp>

namespace plexus {

// What one case is like, in one pass over its voxels: size, spacing, per channel count, mean, standard deviation, range of
// the finite values and a sample of those in the foreground (label above 0; without label those that are not the smallest
// value), voxels of each label.
nlohmann::ordered_json case_fingerprint(const CaseFiles& files, const ReadOptions& reading);

// What a data set is like, of its cases' details: percentiles of sizes and spacing over cases, exact mean and standard
// deviation over all voxels, foreground percentiles (0.5, 50, 99.5) of the samples pooled, each label's volume in ml and in how
// many cases it is. Cases that failed are named.
nlohmann::ordered_json data_fingerprint_of(const FoundCases& found, const BatchResult& result);

std::string fingerprint_page(const std::string& title, const nlohmann::ordered_json& fingerprint);

}  // namespace plexus
