#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/reserved.hpp>
#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// One figure of cases.csv.
struct Measurement {
  std::int64_t label_id = -1;   // -1: of the case as a whole
  std::string metric;           // "dice"
  double value = 0;             // NaN: not defined for this case; counted and left out of means
  std::string unit;             // "", "mm", "voxels"
  std::string rule;             // the named definition: "pooled-by-direction maximum"
  std::string status = "ok";    // "ok", "undefined: both empty", …
  Reserved reserved = {};
};

class Metric {
 public:
  virtual ~Metric();
  // [any thread] `prediction` has no batch axis: "label" [(D,) H, W]. `truth` holds "label" of the same shape.
  virtual std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const = 0;
  // Figures that need all cases at once (AUC, Pearson, calibration). Default: none.
  virtual std::vector<Measurement> summary(const std::vector<std::vector<Measurement>>& cases) const;
  virtual bool higher_is_better() const;
};

}  // namespace plexus
