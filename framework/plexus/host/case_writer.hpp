#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/base/table.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// Writes predictions into a folder: CASE.nii.gz (label), CASE_<field>.nii.gz for other maps, on the grid of the input; the
// numbers of all cases in values.csv.
class CaseWriter {
 public:
  explicit CaseWriter(std::filesystem::path folder);
  // `sample` is the input: its geometry and header are kept.
  void write(const Sample& sample, const Prediction& prediction);
  // Writes values.csv where a case had values.
  void finish();
  static std::filesystem::path label_file(const std::filesystem::path& folder, const std::string& case_id);

 private:
  std::filesystem::path folder_;
  Table values_{{"case", "name", "value"}};
};

}  // namespace plexus
