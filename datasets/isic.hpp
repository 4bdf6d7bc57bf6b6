#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// As MedSegDiff loads pictures: colour image [3, H, W] and grey mask of 8 bits, both brought to size x size as Pillow does
// (raster/resize.hpp; size 0: as they are), / 255. Grey pictures are given three times, of more channels the first three.
struct PictureItem {
  at::Tensor image, mask;  // float32 [3, size, size] and [1, size, size]; mask undefined where there is none
};
PictureItem picture_item(const at::Tensor& picture, const at::Tensor& mask, std::int64_t size);

// ISIC: ROOT/ISBI2016_ISIC_Part3B_<mode>_GroundTruth.csv (or …_Part1_…), mode Training and Test, also in ROOT/Train and
// ROOT/Test; columns number, image, mask, both relative to the file's folder or ROOT. Or a folder of one's own: ROOT/images and
// ROOT/masks, sorted and paired, whose last files validate and test.
// Subsets: "labeled", "val", "test".
class Isic final : public Dataset {
 public:
  struct Settings {
    std::string root;
    std::int64_t image_size = 256, val = 0, test = 0;
    double threshold = 0;
    void declare(Options& options);
  };
  explicit Isic(const Settings& settings);
  DataInfo info() const override;
  std::vector<std::string> subsets() const override { return {"labeled", "val", "test"}; }
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  std::vector<std::string> files() const override;

 private:
  struct Item {
    std::string id, image, mask, subset;
  };
  void add_listed(const std::string& mode, const std::string& subset);
  void add_folder();
  Settings settings_;
  std::vector<Item> items_;
};

}  // namespace plexus::datasets
