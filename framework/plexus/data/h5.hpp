#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// HDF5 from any thread. Its library works under one global lock that also covers decompression; so chunks are read raw
// under the lock and inflated outside it. All errors are Error(data) naming the file and the key.

// The whole data set in its stored axis order, row-major, contiguous. Types as in volume.hpp; half floats as float32.
at::Tensor read_h5(const std::filesystem::path& path, const std::string& key);
// The plain route, H5Dread under the lock: for data sets stored in other ways, and to compare with.
at::Tensor read_h5_plain(const std::filesystem::path& path, const std::string& key);
std::vector<std::int64_t> h5_shape(const std::filesystem::path& path, const std::string& key);
// NumPy's name of the stored type: "uint16".
std::string h5_type_name(const std::filesystem::path& path, const std::string& key);
bool h5_has(const std::filesystem::path& path, const std::string& key);
// Names of the data sets in the root group, sorted.
std::vector<std::string> h5_keys(const std::filesystem::path& path);

using H5Attribute = std::variant<std::string, std::vector<double>>;
using H5Attributes = std::vector<std::pair<std::string, H5Attribute>>;
// Attributes of the root group; those of other types than text and numbers are left out.
H5Attributes read_h5_attributes(const std::filesystem::path& path);
// Writes data sets (gzip 4, shuffled where elements have several bytes) and attributes of the root group, atomically.
void write_h5(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& tensors,
              const H5Attributes& attributes = {});

}  // namespace plexus
