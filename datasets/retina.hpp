#pragma once
#include <plexus/sdk/registry.hpp>

#include "retina_files.hpp"

namespace plexus::datasets {

// Patches of the image at a corner, and of its mask. `stretch`: to [-1, 1] by the patch's own range over its channels.
struct RetinaPatch {
  at::Tensor image, mask;
};
RetinaPatch retina_patch(const at::Tensor& image, const at::Tensor& mask, std::int64_t row, std::int64_t column,
                         const std::vector<std::int64_t>& size, bool stretch);

// AdaptDiff's retinal sets: a data dictionary (.pickle, .h5), a folder that holds one as retina_data.pickle, or a folder with a
// folder for each set (retina_files.hpp). `fundus` names sets of photographs, whose dark vessels are made bright as the
// authors do elsewhere: the green channel inverted and evened by CLAHE.
// Subsets: "labeled" (the source sets, with masks), "unlabeled" (the target sets), "val" and "test" (whole images).
// view: patches cuts `samples` patches of each training image at random corners, the same ones in every epoch or fresh ones;
// within a window of rows and columns where one is given, as stage 3 crops the masks of DRIVE and STARE.
class Retina final : public Dataset {
 public:
  struct Settings {
    std::string root, view = "images", corners = "fixed";
    std::vector<std::string> source, target, val, test, fundus;
    std::vector<std::int64_t> patch{256, 256}, rows, columns;
    std::int64_t samples = 50, seed = 0, channel = -1;
    double fundus_clip = 5;
    bool stretch = true;
    void declare(Options& options);
  };
  explicit Retina(const Settings& settings);
  DataInfo info() const override;
  std::vector<std::string> subsets() const override { return {"labeled", "unlabeled", "val", "test"}; }
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return settings_.view == "images" || settings_.corners == "fixed"; }
  std::vector<std::string> files() const override { return files_; }

 private:
  struct Image {
    std::string id;
    at::Tensor image, mask;
  };
  struct Item {
    std::size_t of;
    std::int64_t patch;  // -1: the whole image
    std::string subset;
  };
  Settings settings_;
  std::vector<Image> images_;
  std::vector<Item> items_;
  std::vector<std::string> files_;
};

// A fundus photograph [3, H, W] as segmentation is trained on it: inverted green channel, CLAHE (8 x 8 tiles; a clip limit of 0:
// none), in [0, 1], three times.
at::Tensor prepared_fundus(const at::Tensor& image, double clip_limit);

// Pairs of synthetic images and masks (read_retina_pairs): subsets "labeled" and, the last ones, "val".
class RetinaPairs final : public Dataset {
 public:
  struct Settings {
    std::string root;
    std::int64_t val = 0;
    void declare(Options& options);
  };
  explicit RetinaPairs(const Settings& settings);
  DataInfo info() const override;
  std::vector<std::string> subsets() const override { return {"labeled", "val"}; }
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return true; }
  std::vector<std::string> files() const override { return {settings_.root}; }

 private:
  Settings settings_;
  std::vector<std::pair<at::Tensor, at::Tensor>> pairs_;
};

}  // namespace plexus::datasets
