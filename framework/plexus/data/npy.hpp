#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// NumPy's array files (format versions 1 to 3) and archives of them. Numbers and truth values in either byte order and
// either axis order; half floats come as float32, unsigned types as elements.hpp says. Errors are Error(data): objects
// (pickled Python, never run), records, text, complex numbers, more bytes promised than there are, damage.

// Row-major, contiguous, in the array's own axis order.
at::Tensor read_npy(const std::filesystem::path& path);
std::vector<std::int64_t> npy_shape(const std::filesystem::path& path, std::string& type);
void write_npy(const std::filesystem::path& path, const at::Tensor& tensor);

// Names of the arrays, without ".npy", in the archive's order.
std::vector<std::string> npz_keys(const std::filesystem::path& path);
// `type`, where given, takes NumPy's name of the stored type: "float64".
at::Tensor read_npz(const std::filesystem::path& path, const std::string& key, std::string* type = nullptr);
// Deflated, atomically.
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& arrays);

}  // namespace plexus
