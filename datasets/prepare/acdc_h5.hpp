#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// The official ACDC folders (patientNNN/patientNNN_frameFF.nii.gz and …_gt.nii.gz, below any folder of the source) to the
// layout of acdc.hpp. The two annotated frames of a patient become frame01 and frame02 in the order of their numbers;
// intensities are scaled to [0, 1] over each volume; nothing is resampled, cropped or turned; slices count from 1.
// Lists deal the patients at random by the seed.
class AcdcH5 final : public Preprocessor {
 public:
  struct Settings {
    std::int64_t val = 10, test = 20, seed = 1;
    void declare(Options& options);
  };
  explicit AcdcH5(Settings settings) : settings_(settings) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::datasets
