#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace plexus::test {

// One thing that a reader is given: a file, or a folder of DICOM files.
struct HostileFile {
  std::filesystem::path path;
  std::string what;  // how it was harmed
};

// Writes small volumes of every readable format into a folder, harmed in every way that a lab's disk or an enemy would: cut
// short, header bytes flipped, absurd sizes, wrong gzip, endless deflate, spacing that is no number, wrong types, missing
// DICOM elements. The same seed gives the same files. More than 250 of them, below 20 MB in all.
std::vector<HostileFile> write_hostile_files(const std::filesystem::path& folder, std::uint64_t seed);
// Sound volumes CASE_0.nii.gz … to go among them.
std::vector<std::filesystem::path> write_sound_files(const std::filesystem::path& folder, int count);

}  // namespace plexus::test
