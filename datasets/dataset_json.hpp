#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace plexus::datasets {

// ROOT/dataset.json of a folder of volumes, every part of it optional:
//   {"labels": {"background": 0, "left ventricle": 1}, "splits": {"labeled": ["case_1"], "unlabeled": […], "val": […],
//   "test": […]}}
struct DatasetJson {
  std::vector<std::string> labels;                         // names of 1, 2, …; empty where the file names none
  std::map<std::string, std::vector<std::string>> splits;  // empty where the file has none
};
// An empty one where the file is not there. Throws Error(data): no JSON, wrong types, ids that are not 0, 1, 2, ….
DatasetJson read_dataset_json(const std::filesystem::path& root);

}  // namespace plexus::datasets
