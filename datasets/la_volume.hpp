#pragma once
#include <filesystem>
#include <string>

#include "ssl_volumes.hpp"

namespace plexus::datasets {

// The left-atrium files: ROOT/2018LA_Seg_Training Set/<id>/mri_norm2.h5.
std::filesystem::path la_file(const std::filesystem::path& root, const std::string& id);
// Image float32 and label as stored, [x, y, z]. Throws Error(data).
ImageLabel read_la(const std::filesystem::path& file);

}  // namespace plexus::datasets
