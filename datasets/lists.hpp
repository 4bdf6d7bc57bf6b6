#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/dataset.hpp>

namespace plexus::datasets {

// One name a line, in the file's order, blanks at the ends and empty lines left out. Throws Error(data): missing, empty, a
// name twice.
std::vector<std::string> read_list(const std::filesystem::path& path);

// "patient001_frame01_slice_3" -> "patient001_frame01" and 3; the name itself and -1 where it names no slice.
std::pair<std::string, std::int64_t> split_slice(const std::string& name);
// Whose case it is: the name without its slice and without "_frame01" or "_LGE" at the end.
std::string patient_of(const std::string& name);
// How many leading names of the list belong to its first `patients` patients. Throws Error(configuration) where there are
// fewer of them.
std::size_t labeled_prefix(const std::vector<std::string>& names, std::int64_t patients);

// Background and the names, in order; `classes` of them in all ("class 3" where a name is missing).
std::vector<Label> make_labels(const std::vector<std::string>& names, std::int64_t classes);

// Names of 1, 2, … up to the largest id; "class 3" where the table has a gap.
std::vector<std::string> names_of_ids(const std::map<std::int64_t, std::string>& by_id);

// Throws Error(data) where a file is not there, naming the first and how many others.
void require_files(const std::vector<std::string>& files, const std::string& hint);

// A label map as the samples hold it: rounded, uint8 (int64 beyond 255). Throws Error(data) for values outside 0 … classes
// - 1, which name themselves.
at::Tensor checked_label(const at::Tensor& label, std::int64_t classes, const std::string& where);
// Each stored value as its class, uint8; 0 stays 0. Throws Error(data) for a value that the map does not know.
at::Tensor mapped_label(const at::Tensor& label, const std::map<std::int64_t, std::int64_t>& classes, const std::string& where);

}  // namespace plexus::datasets
