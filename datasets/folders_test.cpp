#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/volume.hpp>

#include "bids.hpp"
#include "msd.hpp"
#include "nnunet.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;
using test::expect_error;

// An image whose every voxel is `value`, or a label with a corner of `value`.
void put_image(const fs::path& path, double value, std::int64_t channels = 1) {
  fs::create_directories(path.parent_path());
  write_image(path, torch::full({channels, 3, 4, 5}, value, at::kFloat),
              Geometry{{1, 1, 2}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, true});
}
void put_label(const fs::path& path, std::int64_t value) {
  fs::create_directories(path.parent_path());
  auto label = torch::zeros({3, 4, 5}, at::kByte);
  label.index_put_({0, 0, 0}, value);
  write_label(path, label, Geometry{{1, 1, 2}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, true});
}

double first_voxel(const at::Tensor& tensor) { return tensor.reshape({-1})[0].item<double>(); }

struct NnFolder {
  test::TemporaryFolder folder;
  NnUnet::Settings settings;
  NnFolder() {
    for (const std::string id : {"a_1", "b_2", "c_3"}) {
      put_image(folder.path() / "imagesTr" / (id + "_0000.nii.gz"), 1);
      put_image(folder.path() / "imagesTr" / (id + "_0001.nii.gz"), 2);
      put_label(folder.path() / "labelsTr" / (id + ".nii.gz"), 2);
    }
    put_image(folder.path() / "imagesTs" / "d_4_0000.nii.gz", 1);
    put_image(folder.path() / "imagesTs" / "d_4_0001.nii.gz", 2);
    write_file(
        folder / "dataset.json",
        R"({"channel_names": {"0": "T2", "1": "ADC"}, "labels": {"background": 0, "core": 2, "rim": 1}, "file_ending": ".nii.gz"})");
    settings.root = folder.path().string();
    settings.val = 1;
  }
};

TEST(NnUnet, ChannelsLabelsAndSubsetsAreTheFolders) {
  NnFolder example;
  const NnUnet data(example.settings);
  EXPECT_EQ(data.info().channels, 2);
  ASSERT_EQ(data.info().classes(), 3);
  EXPECT_EQ(data.info().labels[1].name, "rim");
  EXPECT_EQ(data.info().labels[2].name, "core");
  EXPECT_EQ(data.subset("labeled").size(), 2u);
  EXPECT_EQ(data.subset("val").size(), 1u);
  ASSERT_EQ(data.subset("test").size(), 1u);
  Rng rng;
  const auto sample = data.get(data.subset("labeled").front(), rng);
  EXPECT_EQ(sample.case_id, "a_1");
  EXPECT_EQ(sample.fields.at("image").sizes(), (std::vector<std::int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(first_voxel(sample.fields.at("image")[1]), 2);
  EXPECT_EQ(first_voxel(sample.fields.at("label")), 2);
  EXPECT_EQ(sample.geometry.spacing[2], 2);
  EXPECT_EQ(data.get(data.subset("test").front(), rng).fields.count("label"), 0u);
}

TEST(NnUnet, FoldsOfSplitsFinalAreTaken) {
  NnFolder example;
  write_file(example.folder / "splits_final.json",
             R"([{"train": ["a_1"], "val": ["b_2"]}, {"train": ["b_2", "c_3"], "val": ["a_1"]}])");
  example.settings.fold = 1;
  const NnUnet data(example.settings);
  EXPECT_EQ(data.subset("labeled").size(), 2u);
  EXPECT_EQ(data.describe(data.subset("val").front()).case_id, "a_1");
  EXPECT_EQ(data.subset("test").size(), 1u);
  example.settings.fold = 2;
  expect_error(ErrorKind::configuration, {"2 folds", "fold 2"}, [&] { NnUnet wrong(example.settings); });
}

TEST(NnUnet, IgnoredVoxelsAreBackgroundAndRegionsAreTold) {
  NnFolder example;
  write_file(example.folder / "dataset.json",
             R"({"channel_names": {"0": "T2", "1": "ADC"}, "labels": {"background": 0, "whole": [1], "ignore": 2}})");
  const NnUnet data(example.settings);
  EXPECT_EQ(data.info().classes(), 2);
  EXPECT_EQ(data.info().notes.size(), 2u);
  Rng rng;
  EXPECT_EQ(first_voxel(data.get(data.subset("labeled").front(), rng).fields.at("label")), 0);
}

TEST(NnUnet, SaysWhatIsWrong) {
  NnFolder example;
  fs::remove(example.folder.path() / "imagesTr" / "b_2_0001.nii.gz");
  expect_error(ErrorKind::data, {"'b_2' has 1 channels", "names 2"}, [&] { NnUnet wrong(example.settings); });
  fs::remove(example.folder.path() / "imagesTr" / "b_2_0000.nii.gz");
  put_image(example.folder.path() / "imagesTr" / "b.nii.gz", 1);
  expect_error(ErrorKind::data, {"b.nii.gz", "channel's number"}, [&] { NnUnet wrong(example.settings); });
  write_file(example.folder / "dataset.json", "{\"labels\": [");
  expect_error(ErrorKind::data, {"dataset.json", "JSON"}, [&] { NnUnet wrong(example.settings); });
  write_file(example.folder / "dataset.json", R"({"labels": {"x": "y"}})");
  expect_error(ErrorKind::data, {"dataset.json", "'x' has no whole number"}, [&] { NnUnet wrong(example.settings); });
  fs::remove_all(example.folder.path() / "imagesTr");
  fs::remove_all(example.folder.path() / "imagesTs");
  put_image(example.folder.path() / "imagesTr" / "b_0000.nii.gz", 1);
  write_file(example.folder / "dataset.json", R"({"channel_names": {"0": "T2"}})");
  expect_error(ErrorKind::data, {"dataset.json", "names no labels"}, [&] { NnUnet wrong(example.settings); });
}

TEST(Msd, ListedCasesAndReversedLabels) {
  test::TemporaryFolder folder;
  for (const std::string id : {"prostate_01", "prostate_00"}) {
    put_image(folder.path() / "imagesTr" / (id + ".nii.gz"), 7, 2);
    put_label(folder.path() / "labelsTr" / (id + ".nii.gz"), 1);
    // What a Mac leaves in the archives.
    write_file(folder.path() / "imagesTr" / ("._" + id + ".nii.gz"), "x");
  }
  put_image(folder.path() / "imagesTs" / "prostate_03.nii.gz", 7, 2);
  write_file(folder / "dataset.json",
             R"({"modality": {"0": "T2", "1": "ADC"}, "labels": {"0": "background", "1": "PZ", "2": "TZ"},
    "training": [{"image": "./imagesTr/prostate_01.nii.gz", "label": "./labelsTr/prostate_01.nii.gz"},
                 {"image": "./imagesTr/prostate_00.nii.gz", "label": "./labelsTr/prostate_00.nii.gz"}],
    "test": ["./imagesTs/prostate_03.nii.gz"]})");
  Msd::Settings settings;
  settings.root = folder.path().string();
  settings.val = 1;
  const Msd data(settings);
  EXPECT_EQ(data.info().labels[2].name, "TZ");
  EXPECT_EQ(data.info().channels, 2);
  EXPECT_EQ(data.describe(data.subset("labeled").front()).case_id, "prostate_00");
  EXPECT_EQ(data.subset("val").size(), 1u);
  EXPECT_EQ(data.subset("test").size(), 1u);
  Rng rng;
  EXPECT_EQ(data.get(0, rng).fields.at("image").size(0), 2);

  fs::remove(folder.path() / "labelsTr" / "prostate_01.nii.gz");
  expect_error(ErrorKind::data, {"labelsTr/prostate_01.nii.gz", "does not exist"}, [&] { Msd wrong(settings); });
  write_file(folder / "dataset.json", R"({"labels": {"PZ": 1}, "training": []})");
  expect_error(ErrorKind::data, {"holds no cases"}, [&] { Msd wrong(settings); });
}

struct BidsFolder {
  test::TemporaryFolder folder;
  Bids::Settings settings;
  BidsFolder() {
    for (const std::string id : {"sub-01", "sub-02"}) {
      put_image(folder.path() / id / "anat" / (id + "_run-1_T1w.nii.gz"), 1);
      put_image(folder.path() / id / "anat" / (id + "_run-1_T2w.nii.gz"), 2);
      put_image(folder.path() / id / "func" / (id + "_T1w.nii.gz"), 3);
    }
    put_label(folder.path() / "derivatives/seg/sub-01/anat/sub-01_run-1_desc-lesion_dseg.nii.gz", 3);
    write_file(folder.path() / "derivatives/seg/dseg.tsv",
               "index\tname\tcolor\n0\tbackground\t#000\n1\tedema\t#111\n3\tcore\t#222\n");
    settings.root = folder.path().string();
  }
};

TEST(Bids, LabelsComeFromDerivatives) {
  BidsFolder example;
  example.settings.suffixes = {"T1w", "T2w"};
  const Bids data(example.settings);
  EXPECT_EQ(data.info().channels, 2);
  ASSERT_EQ(data.info().classes(), 4);
  EXPECT_EQ(data.info().labels[3].name, "core");
  EXPECT_EQ(data.info().labels[2].name, "class 2");
  ASSERT_EQ(data.subset("labeled").size(), 1u);
  ASSERT_EQ(data.subset("unlabeled").size(), 1u);
  Rng rng;
  const auto sample = data.get(data.subset("labeled").front(), rng);
  EXPECT_EQ(sample.case_id, "sub-01_run-1");
  EXPECT_EQ(first_voxel(sample.fields.at("label")), 3);
  EXPECT_EQ(first_voxel(sample.fields.at("image")[1]), 2);
}

TEST(Bids, AnAmbiguousLabelIsNamed) {
  BidsFolder example;
  put_label(example.folder.path() / "derivatives/other/sub-01/anat/sub-01_run-1_dseg.nii.gz", 1);
  expect_error(ErrorKind::data, {"could both be its label", "derivative"}, [&] { Bids wrong(example.settings); });
  example.settings.derivative = "other";
  EXPECT_EQ(Bids(example.settings).info().classes(), 2);
  example.settings.derivative.clear();
  example.settings.description = "lesion";
  EXPECT_EQ(Bids(example.settings).subset("labeled").size(), 1u);
}

TEST(Bids, AShorterLabelNameFitsAnOnlyImage) {
  BidsFolder example;
  fs::remove(example.folder.path() / "derivatives/seg/sub-01/anat/sub-01_run-1_desc-lesion_dseg.nii.gz");
  put_label(example.folder.path() / "derivatives/seg/sub-02/anat/sub-02_dseg.nii.gz", 1);
  EXPECT_EQ(Bids(example.settings).describe(0).case_id, "sub-02_run-1");
  put_image(example.folder.path() / "sub-02/anat/sub-02_run-2_T1w.nii.gz", 1);
  EXPECT_TRUE(Bids(example.settings).subset("labeled").empty());
}

TEST(Bids, SaysWhatIsMissing) {
  BidsFolder example;
  example.settings.suffixes = {"FLAIR"};
  expect_error(ErrorKind::data, {"*_FLAIR.nii.gz", "suffixes"}, [&] { Bids wrong(example.settings); });
  example.settings.suffixes = {"T1w", "FLAIR"};
  expect_error(ErrorKind::data, {"FLAIR", "sub-01_run-1_T1w.nii.gz"}, [&] { Bids wrong(example.settings); });
}

}  // namespace
}  // namespace plexus::datasets
