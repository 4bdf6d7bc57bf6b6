#pragma once
#include <filesystem>

namespace plexus {

// Throws Error(data) for a PNG file whose chunks libpng would refuse before the pixels: ITK 5.2 reads them without a place to
// return to, so that libpng ends the process. Lengths, checksums, the header's values and the order of chunks are looked at
// (PNG specification, third edition, parts 5 and 11).
void check_png(const std::filesystem::path& path);

}  // namespace plexus
