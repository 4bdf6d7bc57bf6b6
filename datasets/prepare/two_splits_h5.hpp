#pragma once
#include <plexus/sdk/registry.hpp>

#include "volume_job.hpp"

namespace plexus::datasets {

// What the preparations of the two-split sets (two_splits.hpp) have in common: volumes and slices in TARGET/data, slices
// counted from 0, and lists of two independent deals of the patients in TARGET/split1 and TARGET/split2. The authors' own
// partitions are not public.
struct TwoSplitsDeal {
  std::int64_t val = 10, seed = 1;
  void declare(Options& options);
  void write(const std::vector<Job>& done, const std::string& target) const;
};

// The challenge's files patientN_LGE.nii.gz and patientN_LGE_manual.nii.gz, in any folders below the source.
class MsCmrSeg19H5 final : public Preprocessor {
 public:
  struct Settings : TwoSplitsDeal {
    std::vector<std::int64_t> values{600, 200, 500};
    void declare(Options& options);
  };
  explicit MsCmrSeg19H5(const Settings& settings);
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
  VolumeReading reading_;
};

// The Decathlon's Task05_Prostate: imagesTr/prostate_NN.nii.gz with the channels T2 and ADC, labelsTr/prostate_NN.nii.gz.
class ProstateH5 final : public Preprocessor {
 public:
  struct Settings : TwoSplitsDeal {
    std::string channel = "t2";
    void declare(Options& options);
  };
  explicit ProstateH5(const Settings& settings);
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
  VolumeReading reading_;
};

}  // namespace plexus::datasets
