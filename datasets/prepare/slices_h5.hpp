#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// A folder of volumes (nifti_folder.hpp) to the slice layout of acdc.hpp, intensities scaled to [0, 1] over each volume.
// Lists follow dataset.json's splits; without them cases are dealt at random by the seed. Cases without a label are written
// without one, and stand behind the labelled ones in train_slices.list.
class SlicesH5 final : public Preprocessor {
 public:
  struct Settings {
    std::int64_t val = 2, test = 4, seed = 1;
    void declare(Options& options);
  };
  explicit SlicesH5(Settings settings) : settings_(settings) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::datasets
