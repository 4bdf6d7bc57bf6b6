#pragma once
#include <vector>

#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// Head CT (NIfTI or any volume format, DICOM series in folders) to DiffusionMLS's layout: volumes/<case>.npy, float32
// [D, size, size] in Hounsfield units with slices from the lowest up, rows to the back, columns to the left; and train.json,
// val.json and test.json with the size of a pixel in mm, which the published format lacks.
// SOURCE or SOURCE/images holds the cases; SOURCE/dataset.json may hold landmarks, {"landmarks": {case: {slice: [[x, y] × 4]}}}
// in voxels of the stored volume. The shift of a case is the largest distance of landmarks 3 and 4, in pixels. Scans that do
// not store Hounsfield units have a `window` of their own, which is stretched to the 0 … 80 of the layout.
class MlsCtNpy final : public Preprocessor {
 public:
  struct Settings {
    std::int64_t size = 256, val = 0, test = 0, seed = 1;
    double outside = -1024, shifted_from = 1;
    std::vector<double> window{0, 80};
    void declare(Options& options);
  };
  explicit MlsCtNpy(Settings settings) : settings_(settings) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::datasets
