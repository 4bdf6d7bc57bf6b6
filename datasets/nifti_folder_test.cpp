#include "nifti_folder.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

using test::expect_error;

// Five cases of [D, H, W] = [3, 4, 5]; the last one has no label.
struct NiftiFolderFolder {
  test::TemporaryFolder folder;
  NiftiFolder::Settings settings;
  Geometry place;
  NiftiFolderFolder() {
    std::filesystem::create_directories(folder / "images");
    std::filesystem::create_directories(folder / "labels");
    place.known = true;
    place.spacing = {1, 2, 8};
    place.origin = {10, 20, 30};
    for (const std::string id : {"a", "b", "c", "d", "e"}) {
      write_image(folder.path() / "images" / (id + ".nii.gz"), torch::rand({3, 4, 5}), place);
      if (id != "e") write_label(folder.path() / "labels" / (id + ".nii.gz"), torch::full({3, 4, 5}, 2, at::kByte), place);
    }
    settings.root = folder.path().string();
  }
  static std::vector<std::string> ids(const Dataset& data, const std::string& subset) {
    std::vector<std::string> all;
    for (const auto index : data.subset(subset)) all.push_back(data.describe(index).id);
    return all;
  }
};
using Ids = std::vector<std::string>;

TEST(NiftiFolder, DealsSortedCases) {
  NiftiFolderFolder example;
  example.settings.labeled = 1;
  example.settings.val = example.settings.test = 1;
  const NiftiFolder data(example.settings);
  EXPECT_EQ(NiftiFolderFolder::ids(data, "labeled"), Ids{"a"});
  EXPECT_EQ(NiftiFolderFolder::ids(data, "unlabeled"), (Ids{"b", "e"}));
  EXPECT_EQ(NiftiFolderFolder::ids(data, "val"), Ids{"c"});
  EXPECT_EQ(NiftiFolderFolder::ids(data, "test"), Ids{"d"});
  EXPECT_EQ(data.info().classes(), 3);  // counted
  Rng rng;
  const auto bare = data.get(data.subset("unlabeled")[1], rng);
  EXPECT_EQ(bare.fields.at("label").sizes(), (at::IntArrayRef{3, 4, 5}));
  EXPECT_EQ(bare.fields.at("label").sum().item<int>(), 0);
  EXPECT_TRUE(bare.header != nullptr);
  example.settings.val = 4;
  expect_error(ErrorKind::configuration, {"4 val", "4 have labels"}, [&] { NiftiFolder more(example.settings); });
}

TEST(NiftiFolder, FollowsDatasetJson) {
  NiftiFolderFolder example;
  write_file(
      example.folder / "dataset.json",
      R"({"labels": {"background": 0, "wall": 1, "pool": 2}, "splits": {"labeled": ["c"], "unlabeled": ["a"], "val": ["b"], "test": ["e"]}})");
  const NiftiFolder data(example.settings);
  EXPECT_EQ(NiftiFolderFolder::ids(data, "labeled"), Ids{"c"});
  EXPECT_EQ(data.info().labels[2].name, "pool");
  Rng rng;
  EXPECT_EQ(data.get(data.subset("test").front(), rng).fields.count("label"), 0u);
  example.settings.labeled = 2;
  EXPECT_EQ(NiftiFolderFolder::ids(NiftiFolder(example.settings), "labeled"), (Ids{"c", "a"}));
  example.settings.labeled = 0;
  write_file(example.folder / "dataset.json", R"({"splits": {"labeled": ["e"]}})");
  expect_error(ErrorKind::data, {"'e'", "'labeled'", "no label"}, [&] { NiftiFolder bad(example.settings); });
  write_file(example.folder / "dataset.json", R"({"splits": {"labeled": ["zz"]}})");
  expect_error(ErrorKind::data, {"'zz'", "no image"}, [&] { NiftiFolder bad(example.settings); });
  write_file(example.folder / "dataset.json", R"({"splits": )");
  expect_error(ErrorKind::data, {"dataset.json", "JSON"}, [&] { NiftiFolder bad(example.settings); });
}

TEST(NiftiFolder, SlicesKnowTheirPlace) {
  NiftiFolderFolder example;
  example.settings.view = "slices";
  const NiftiFolder data(example.settings);
  EXPECT_EQ(data.subset("labeled").size(), 12u);
  Rng rng;
  const auto slice = data.get(data.subset("labeled")[2], rng);
  EXPECT_EQ(slice.id, "a_slice_2");
  EXPECT_EQ(slice.fields.at("image").sizes(), (at::IntArrayRef{1, 4, 5}));
  EXPECT_NEAR(slice.geometry.origin[2], 30 + 16, 1e-4);
}

TEST(NiftiFolder, LabelsMustFitTheirImages) {
  NiftiFolderFolder example;
  example.settings.labels = {"one"};
  Rng rng;
  const NiftiFolder data(example.settings);
  expect_error(ErrorKind::data, {"labels/a.nii.gz", "there are 2 classes"},
               [&] { data.get(data.subset("labeled").front(), rng); });
  write_label(example.folder.path() / "labels" / "a.nii.gz", torch::zeros({3, 4, 4}, at::kByte), example.place);
  expect_error(ErrorKind::data, {"labels/a.nii.gz", "size"}, [&] { data.get(data.subset("labeled").front(), rng); });
  expect_error(ErrorKind::data, {"nowhere/images", "holds no volumes"}, [] {
    NiftiFolder::Settings settings;
    settings.root = "nowhere";
    NiftiFolder none(settings);
  });
}

}  // namespace
}  // namespace plexus::datasets
