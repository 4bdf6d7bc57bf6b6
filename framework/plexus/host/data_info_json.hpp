#pragma once
#include <nlohmann/json_fwd.hpp>

#include <plexus/sdk/dataset.hpp>

namespace plexus {

// DataInfo as kept in checkpoints and generated samples: {"channels", "dimensions", "labels": [{"id", "name", "colour"}]}.
nlohmann::json data_info_to_json(const DataInfo& info);
// Throws nlohmann::json::exception where the text is something else.
DataInfo data_info_from_json(const nlohmann::json& value);

}  // namespace plexus
