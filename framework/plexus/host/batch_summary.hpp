#pragma once
#include <filesystem>
#include <string>

#include <plexus/host/batch.hpp>

namespace plexus {

// Writes summary.json, summary.html (one page that opens offline, with thumbnails) and quarantine.csv (the cases that failed
// and why; absent where none did) into the folder. `recipe`: as resolved, JSON.
void write_batch_summary(const std::filesystem::path& folder, const std::string& title, const std::string& recipe,
                         const BatchResult& result);

}  // namespace plexus
