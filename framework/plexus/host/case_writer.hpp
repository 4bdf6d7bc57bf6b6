#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <plexus/data/restore.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// Writes predictions into a folder: CASE.nii.gz (label), CASE_<field>.nii.gz for other maps, on the grid that the input had
// before it was prepared and with its label ids; CASE_<picture>.png or .jpg; the numbers of all cases in values.csv.
class CaseWriter {
 public:
  // `steps` prepared what was predicted from (see restore.hpp).
  explicit CaseWriter(std::filesystem::path folder, Steps steps = {});
  // From now on labels are written as DICOM-SEG, CASE.dcm, with segments of these names by label value; the inputs must then
  // be DICOM series.
  void use_dicom_seg(std::map<std::int64_t, std::string> names);
  // Begins with the numbers that values.csv has; a case that is written again replaces its own.
  void keep_values();
  // The folder has the case's label map, or its numbers are kept.
  bool has(const std::string& case_id) const;
  // `sample` is the prepared input: its source's geometry and its header are kept. Throws Error(data) as write_label and
  // write_dicom_seg do.
  void write(const Sample& sample, const Prediction& prediction);
  // Writes values.csv where a case had values.
  void finish() const;
  // Of a folder's values.csv, by case; empty where there is none.
  using Values = std::map<std::string, std::vector<std::pair<std::string, double>>>;
  static Values read_values(const std::filesystem::path& folder);
  static std::filesystem::path label_file(const std::filesystem::path& folder, const std::string& case_id);
  std::filesystem::path label_file(const std::string& case_id) const;
  static std::filesystem::path map_file(const std::filesystem::path& folder, const std::string& case_id, const std::string& field);

 private:
  using CaseValues = std::vector<std::pair<std::string, std::vector<std::pair<std::string, double>>>>;
  CaseValues::const_iterator find_values(const std::string& case_id) const;
  void write_label_map(const Sample& sample, const at::Tensor& label) const;

  std::filesystem::path folder_;
  Steps steps_;
  bool dicom_seg_ = false;
  std::map<std::int64_t, std::string> names_;
  CaseValues values_;  // in the order of writing
};

}  // namespace plexus
