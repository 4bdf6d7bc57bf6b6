#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// Keeps what a Generating model makes: one HDF5 file a sample (a data set for each field) and samples.json with their order
// and the DataInfo. A stage that stops half-way leaves no samples.json, so its samples are never taken for the whole.
// Samples may be made of several subsets, one after the other.
class SampleFolder final : public Sink {
 public:
  SampleFolder(std::filesystem::path folder, DataInfo info);
  void begin_subset(std::string name) { subset_ = std::move(name); }
  void write(Sample sample) override;
  void finish();
  std::int64_t count() const { return static_cast<std::int64_t>(entries_.size()); }

 private:
  std::filesystem::path folder_;
  DataInfo info_;
  std::string subset_;
  struct Entry { std::string id, case_id, subset, file; std::vector<std::string> fields; };
  std::vector<Entry> entries_;
  friend class GeneratedDataset;
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
  std::vector<SampleFolder::Entry> entries_;
};

}  // namespace plexus
