#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/sdk/preprocessor.hpp>

#include "ssl_volumes.hpp"

namespace plexus::datasets {

// npy/<id>_image.npy and npy/<id>_label.npy.
std::vector<std::string> npy_outputs(const std::vector<std::string>& ids);
void write_npy_pair(const std::string& target, const std::string& id, const ImageLabel& pair);
// A job for each id of an image's and a label's files.
Job npy_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label, std::uint64_t bytes);
// First channel of the image and the label of a job's inputs; throws Error(data) where they differ in size.
ImageLabel read_pair(const Job& job);

using NamedLists = std::vector<std::pair<std::string, std::vector<std::string>>>;
// split_txts/<name>.txt, sorted; ids that were not made are left out with a warning.
void write_npy_lists(const std::string& target, const NamedLists& lists, const std::vector<Job>& done);
std::vector<std::string> shuffled(std::vector<std::string> ids, Rng rng);

}  // namespace plexus::datasets
