#include <plexus/data/layout.hpp>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::TemporaryFolder;

// Files whose content nobody looks at.
void touch(const TemporaryFolder& root, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories((root.path() / name).parent_path());
    write_file(root.path() / name, "");
  }
}

// "id: image names | label name", with "test" and the fault's text.
std::vector<std::string> told(const Layout& layout) {
  std::vector<std::string> all;
  for (const auto& one : layout.cases) {
    std::string text = one.id + ":";
    for (const auto& image : one.images) text += " " + image.filename().string();
    if (!one.label.empty()) text += " | " + one.label.filename().string();
    if (one.test) text += " (test)";
    if (one.fault) text += " FAULT " + one.fault->message();
    all.push_back(text);
  }
  return all;
}

using Texts = std::vector<std::string>;
using Names = std::map<std::int64_t, std::string>;

TEST(Layout, NnunetNamesChannelsAndKeepsTestCasesApart) {
  TemporaryFolder folder;
  touch(folder, {"imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "labelsTr/a.nii.gz", "labelsTr/z.nii.gz",
                 "imagesTr/._a_0000.nii.gz", "imagesTs/b_0000.nrrd", "imagesTs/b_0001.nrrd"});
  write_file(folder / "dataset.json",
             R"({"channel_names": {"1": "T2", "0": "T1"},
                 "labels": {"background": 0, "whole": [1, 2, 3], "core": 2, "ignore": 4}})");
  const auto layout = find_nnunet(folder.path());
  EXPECT_EQ(told(layout), (Texts{"a: a_0000.nii.gz a_0001.nii.gz | a.nii.gz", "b: b_0000.nrrd b_0001.nrrd (test)"}));
  EXPECT_EQ(layout.channels, (Texts{"T1", "T2"}));
  EXPECT_EQ(layout.labels, (Names{{0, "background"}, {1, "class 1"}, {2, "core"}, {3, "class 3"}}));
  EXPECT_EQ(layout.ignore, 4);
  EXPECT_EQ(layout.notes.size(), 2u);  // the region, and the label without image
}

TEST(Layout, NnunetCasesWithoutAllChannelsAreAtFaultAlone) {
  TemporaryFolder folder;
  touch(folder, {"imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "imagesTr/b_0000.nii.gz", "imagesTr/c_0001.nii.gz"});
  write_file(folder / "dataset.json", R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0}})");
  EXPECT_EQ(told(find_nnunet(folder.path())),
            (Texts{"a: a_0000.nii.gz a_0001.nii.gz", "b: b_0000.nii.gz FAULT the case 'b' has 1 channels; dataset.json names 2",
                   "c: c_0001.nii.gz FAULT is channel 1 of 'c', but channel 0 is not there"}));
  touch(folder, {"imagesTr/d.nii.gz"});
  expect_error(ErrorKind::data, {"d.nii.gz", "channel's number"}, [&] { find_nnunet(folder.path()); });
}

TEST(Layout, LabelsAreReadBothWaysRound) {
  TemporaryFolder folder;
  const auto labels_of = [&](const std::string& json) {
    write_file(folder / "dataset.json", json);
    return find_msd(folder.path()).labels;
  };
  const Names expected{{0, "background"}, {1, "PZ"}, {2, "TZ"}};
  EXPECT_EQ(labels_of(R"({"labels": {"0": "background", "1": "PZ", "2": "TZ"}})"), expected);
  EXPECT_EQ(labels_of(R"({"labels": {"background": 0, "TZ": 2, "PZ": 1}})"), expected);
  const auto refused = [&](const std::string& json, const std::string& text) {
    expect_error(ErrorKind::data, {"dataset.json", text}, [&] { labels_of(json); });
  };
  refused(R"({"labels": {"PZ": "one"}})", "'PZ' has no whole number");
  refused(R"({"labels": {"PZ": -1}})", "'PZ' is -1");
  refused(R"({"labels": {"PZ": 99999}})", "from 0 to 65535");
  refused(R"({"labels": ["PZ"]})", "no object");
  refused(R"({"labels": {)", "JSON");
  refused(R"([1, 2])", "JSON");
}

TEST(Layout, DecathlonListsStandAsTheyAre) {
  TemporaryFolder folder;
  write_file(folder / "dataset.json",
             R"({"modality": {"0": "CT"}, "training": [{"image": "./imagesTr/b.nii.gz", "label": "./labelsTr/b.nii.gz"},
                 {"image": "./imagesTr/a.nii.gz"}], "test": ["./imagesTs/c.nii.gz", {"image": "d.nii.gz"}]})");
  EXPECT_EQ(told(find_msd(folder.path())),
            (Texts{"b: b.nii.gz | b.nii.gz", "a: a.nii.gz", "c: c.nii.gz (test)", "d: d.nii.gz (test)"}));
  EXPECT_EQ(find_msd(folder.path()).cases[0].images[0], folder.path() / "imagesTr/b.nii.gz");
  write_file(folder / "dataset.json", R"({"training": [{"label": "a"}]})");
  expect_error(ErrorKind::data, {"no image"}, [&] { find_msd(folder.path()); });
  write_file(folder / "dataset.json", R"({"training": [3]})");
  expect_error(ErrorKind::data, {"no path"}, [&] { find_msd(folder.path()); });
}

TEST(Layout, PairsGoByName) {
  TemporaryFolder folder;
  touch(folder, {"images/a.nii.gz", "images/b.png", "labels/a.nii", "labels/z.nii", "images/series/1.dcm"});
  const auto layout = find_pairs(folder.path());
  EXPECT_EQ(told(layout), (Texts{"a: a.nii.gz | a.nii", "b: b.png", "series: series"}));
  EXPECT_EQ(layout.notes.size(), 1u);
  touch(folder, {"images/a.nrrd"});
  expect_error(ErrorKind::data, {"are one case"}, [&] { find_pairs(folder.path()); });
}

TEST(Layout, BidsLabelsOfOneContrastAreNotThoseOfAnother) {
  TemporaryFolder folder;
  touch(folder, {"sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_T2w.nii.gz", "derivatives/d/sub-01/anat/sub-01_space-T1w_dseg.nii.gz",
                 "sub-02/anat/sub-02_T2w.nii.gz", "derivatives/d/sub-02/anat/sub-02_space-MNI_dseg.nii.gz"});
  EXPECT_EQ(told(find_bids(folder.path())), (Texts{"sub-01_T1w: sub-01_T1w.nii.gz | sub-01_space-T1w_dseg.nii.gz", "sub-01_T2w: sub-01_T2w.nii.gz",
                                                   "sub-02_T2w: sub-02_T2w.nii.gz | sub-02_space-MNI_dseg.nii.gz"}));
}

TEST(Layout, BidsLabelsHaveTheEntitiesOfTheirImage) {
  TemporaryFolder folder;
  touch(folder, {"sub-01/anat/sub-01_run-1_T1w.nii.gz", "sub-01/anat/sub-01_run-2_T1w.nii.gz", "sub-02/anat/sub-02_run-1_T1w.nii.gz",
                 "sub-02/anat/sub-02_run-1_T2w.nii.gz", "sub-03/func/sub-03_bold.nii.gz", "sub-03/anat/sub-03_dseg.nii.gz",
                 "derivatives/d/sub-01/anat/sub-01_run-2_desc-x_dseg.nii.gz", "derivatives/d/sub-01/anat/sub-01_run-2_mask.nii.gz",
                 "derivatives/d/sub-02/anat/sub-02_mask.nii.gz", "derivatives/d/sub-02/anat/sub-02_run-1_T1w.nii.gz"});
  write_file(folder / "derivatives/d/dseg.tsv", "index\tname\n0\tbackground\n2\tcore\n");
  const auto all = find_bids(folder.path());
  EXPECT_EQ(told(all), (Texts{"sub-01_run-1_T1w: sub-01_run-1_T1w.nii.gz",
                              "sub-01_run-2_T1w: sub-01_run-2_T1w.nii.gz | sub-01_run-2_desc-x_dseg.nii.gz",
                              "sub-02_run-1_T1w: sub-02_run-1_T1w.nii.gz | sub-02_mask.nii.gz",
                              "sub-02_run-1_T2w: sub-02_run-1_T2w.nii.gz | sub-02_mask.nii.gz",
                              "sub-03_bold: sub-03_bold.nii.gz | sub-03_dseg.nii.gz"}));
  EXPECT_EQ(all.labels, (Names{{0, "background"}, {2, "core"}}));
  touch(folder, {"sub-01/func/sub-01_run-1_T1w.nii.gz"});
  EXPECT_EQ(find_bids(folder.path()).cases.size(), 6u) << "files of one name in two folders are two cases";
  BidsOptions options;
  options.datatype = "anat";
  options.suffixes = {"T1w", "T2w"};
  options.derivative = "d";
  options.label_suffixes = {"mask"};
  EXPECT_EQ(told(find_bids(folder.path(), options)),
            (Texts{"sub-01_run-1: sub-01_run-1_T1w.nii.gz FAULT has no T2w beside it",
                   "sub-01_run-2: sub-01_run-2_T1w.nii.gz | sub-01_run-2_mask.nii.gz FAULT has no T2w beside it",
                   "sub-02_run-1: sub-02_run-1_T1w.nii.gz sub-02_run-1_T2w.nii.gz | sub-02_mask.nii.gz"}));
  options.suffixes = {"FLAIR"};
  expect_error(ErrorKind::data, {"*_FLAIR.nii.gz", "suffixes"}, [&] { find_bids(folder.path(), options); });
  touch(folder, {"derivatives/e/sub-01/anat/sub-01_run-2_dseg.nii.gz"});
  const auto torn = find_bids(folder.path());
  ASSERT_TRUE(torn.cases[1].fault.has_value());
  EXPECT_NE(torn.cases[1].fault->message().find("could both be its label"), std::string::npos);
  EXPECT_FALSE(torn.cases[0].fault.has_value());
}

}  // namespace
}  // namespace plexus
