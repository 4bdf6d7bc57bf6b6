#pragma once
#include <filesystem>
#include <string>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// The archive of write_torch_file, written straight to `file`. A `label` is a first record of that name, empty and of no
// meaning to PyTorch: the file's first bytes then tell what it is.
void write_torch_archive(const std::filesystem::path& file, const PickleValue& value, const std::string& label = "");

}  // namespace plexus
