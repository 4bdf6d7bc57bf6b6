#pragma once
#include <filesystem>

#include <nlohmann/json_fwd.hpp>

#include <plexus/data/layout.hpp>

namespace plexus {

// FOLDER/dataset.json; an empty object where it is not there.
nlohmann::json read_dataset_description(const std::filesystem::path& folder);
// Takes over its labels, both ways round ({"tumour": 1} of nnU-Net, {"1": "tumour"} of the Decathlon), regions of several
// values, "ignore", and the names of the channels.
void take_declared(const nlohmann::json& description, const std::filesystem::path& folder, Layout& layout);

}  // namespace plexus
