#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <plexus/data/volume.hpp>
#include <plexus/host/case_files.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus {

// A case as its files have it: "image" [C, D, H, W] float32, "label" [D, H, W] where there is one (whole numbers; those that
// are stored as real ones are rounded). `source` is the file's own grid. `notes` takes what was repaired or left out.
// Throws Error(data): files that are missing or broken, channels or labels of another size, the fault that the layout found.
Sample read_case(const CaseFiles& files, std::vector<std::string>& notes, const ReadOptions& options = {});

// Where voxels are no numbers: throws Error(data), or puts 0 there and notes how many.
void settle_not_finite(Sample& sample, bool zero, std::vector<std::string>& notes);
// Whether a label or a channel lies on another place than the image, as notes of read_case tell; the first of them.
std::optional<std::string> misplaced(const std::vector<std::string>& notes);

// What the headers say of a case's image, all channels together.
struct CaseSize {
  double voxels() const;  // of a channel
  std::int64_t channels = 0;
  std::vector<std::int64_t> size;  // D, H, W
  std::array<double, 3> spacing{1, 1, 1};
  std::uint64_t stored_bytes = 0;  // of its files
  double voxel_bytes = 0;          // of a voxel as stored, the most of all channels
  bool is_float32 = true;          // so stored, with no slope: read without a copy
};
CaseSize read_case_size(const CaseFiles& files, const ReadOptions& options = {});

// How many voxels of each value a label map has; plane by plane, in little memory.
std::map<std::int64_t, std::int64_t> count_labels(const at::Tensor& label);

// Writes an image or label map below its name, the format going by the suffix (.h5 by write_case_h5). 2D ones become volumes
// of one plane. `type`: float32, int32, int16, uint8, or steps: as the image is.
void write_case_image(const std::filesystem::path& path, const Sample& sample, const std::string& type);
void write_case_label(const std::filesystem::path& path, const Sample& sample);
// The keys "image" ([D, H, W] where there is one channel) and "label", with the attributes spacing, affine and axes.
void write_case_h5(const std::filesystem::path& path, const Sample& sample, const std::string& type);

}  // namespace plexus
