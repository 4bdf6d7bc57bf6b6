#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/base/reserved.hpp>
#include <plexus/sdk/sample.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus {

struct Label {
  std::int64_t id = 0;
  std::string name;             // "left atrium"
  std::array<std::uint8_t, 3> colour{0, 0, 0};
  Reserved reserved = {};
};

// What models, metrics and reports must know of the data. Kept in checkpoints.
struct DataInfo {
  std::int64_t channels = 1;    // of "image"
  std::vector<Label> labels;    // ids 0, 1, …; the first is the background
  int dimensions = 3;           // of training samples: 2 or 3
  std::vector<std::string> notes;  // what a reader of the report should know ("14 of 100 listed volumes are there")
  Reserved reserved = {};
  std::int64_t classes() const { return static_cast<std::int64_t>(labels.size()); }
};

// A set of samples with named subsets. The usual names: "labeled", "unlabeled" (training), "val", "test".
class Dataset {
 public:
  virtual ~Dataset();
  virtual DataInfo info() const = 0;
  // The names of the subsets there are.
  virtual std::vector<std::string> subsets() const = 0;
  // Indices into get(), in the data set's own order. Throws Error(data) where the name is unknown.
  virtual std::vector<std::size_t> subset(const std::string& name) const = 0;
  // [any thread] Reads one sample; throws Error(data) naming the file. Rng for what is drawn at random (a slice of a case).
  virtual Sample get(std::size_t index, Rng& rng) const = 0;
  // get() draws nothing from its Rng: a sample may be cached. Default: false.
  virtual bool deterministic() const;
  // Identity of a sample without reading it: id, case_id and slice are set.
  virtual Sample describe(std::size_t index) const = 0;
  // Takes over the `preprocess` list: a data set whose samples are parts of cases applies it to whole cases, before slices or
  // patches are taken, so that training sees what prediction will. Called at most once, before get(); every transform is
  // deterministic. Default: false, samples are whole and the host applies the list to each.
  virtual bool prepare_cases(const std::vector<std::shared_ptr<const Transform>>& transforms);
  // Files that results depend on; the host hashes names, sizes and times of change.
  virtual std::vector<std::string> files() const;
};

}  // namespace plexus
