#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// A picture that a training left: FOLDER/pictures/NAME_STEP.png.
struct LoggedPicture {
  std::string name;
  std::int64_t step = 0;
  std::filesystem::path file;
};

// Writes one, uint8 [H, W] or [H, W, 3], atomically, and removes all but the `keep` latest of its name (characters that a file
// name may not have become '_'). Throws Error(resource) where the disk is full, Error(data) where it cannot be written.
void log_picture(const std::filesystem::path& folder, std::string_view name, std::int64_t step, const at::Tensor& image,
                 std::size_t keep = 10);

// Those in a stage's folder, by name and step; empty where there are none.
std::vector<LoggedPicture> logged_pictures(const std::filesystem::path& folder);

}  // namespace plexus
