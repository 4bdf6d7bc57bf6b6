#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// What samples are: fields to learn from, pictures for people (uint8 that is no label: [H, W] or [3, H, W]) and numbers (no
// axes).
enum class FieldRole { data, picture, number };
FieldRole field_role(const std::string& name, const at::Tensor& field);

// PNG of a picture.
void write_picture(const std::filesystem::path& path, const at::Tensor& picture);

// A generated sample as it is listed.
struct GeneratedSample {
  std::string id, case_id, subset, file;  // subset: what it was made of, where there are several; file: relative to the folder
  std::vector<std::string> fields;
  std::vector<std::pair<std::string, double>> numbers;
};

// Keeps what a Generating model makes: one HDF5 file a sample (a data set for each field), pictures of the first few as PNG,
// and samples.json with order, numbers and the DataInfo. While it is not finished the list has another name, so that part of
// the samples is never taken for the whole. Samples may be made of several subsets, one after the other.
class SampleFolder final : public Sink {
 public:
  // resume: keeps samples that an unfinished folder has; else begins anew.
  SampleFolder(std::filesystem::path folder, DataInfo info, std::int64_t pictures = 0, bool resume = false);
  void begin_subset(std::string name) { subset_ = std::move(name); }
  void write(Sample sample) override;
  // Whether the sample of the present subset was made before this folder was opened.
  bool has(const std::string& id) const { return had_.count({subset_, id}) != 0; }
  // Lists what there is. Samples that an earlier try made come first.
  void finish();
  const std::vector<GeneratedSample>& samples() const { return samples_; }

 private:
  void list(const std::filesystem::path& file) const;
  std::filesystem::path folder_;
  DataInfo info_;
  std::int64_t pictures_;
  std::string subset_;
  std::vector<GeneratedSample> samples_;
  std::set<std::pair<std::string, std::string>> had_;
};

// The samples of such a folder: those made of the first subset are "labeled" and "all", those of further ones keep its name.
class GeneratedDataset final : public Dataset {
 public:
  explicit GeneratedDataset(std::filesystem::path folder);
  DataInfo info() const override { return info_; }
  std::vector<std::string> subsets() const override;
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  std::vector<std::string> files() const override;

 private:
  std::filesystem::path folder_;
  DataInfo info_;
  std::vector<GeneratedSample> samples_;
};

// "image" and "label" of the samples in a folder as pairs for other programs: a pickle of [(image, label), ...] (.pickle, .pkl)
// or an H5 file with the data sets "image/0", "label/0", … Both float32 [H, W]; labels 0 and 1 become the two values.
void write_pairs(const std::filesystem::path& path, const Dataset& samples, const std::vector<double>& label_values);

}  // namespace plexus
