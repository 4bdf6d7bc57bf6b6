#include <plexus/host/case_files.hpp>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/host/case_io.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;

// Files whose content nobody looks at.
void touch(const fs::path& root, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories((root / name).parent_path());
    write_file(root / name, "");
  }
}

std::vector<std::string> ids(const FoundCases& found) {
  std::vector<std::string> all;
  for (const CaseFiles& one : found.cases) all.push_back(one.id + (one.label.empty() ? "" : "+"));
  return all;
}

using Ids = std::vector<std::string>;

TEST(CaseFiles, FoldersAreLookedThrough) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"b.nii.gz", "a.nrrd", "notes.txt", ".hidden.nii", "deep/c.mha", "series/1.dcm", "series/2.dcm"});
  const FoundCases found = find_cases({folder.path().string()});
  EXPECT_EQ(found.layout, "files");
  EXPECT_EQ(ids(found), (Ids{"a", "b", "c", "series"}));
}

TEST(CaseFiles, EqualNamesTakeTheirFolders) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"p1/t1.nii", "p2/t1.nii", "p2/t2.nii"});
  EXPECT_EQ(ids(find_cases({folder.path().string()})), (Ids{"p1_t1", "p2_t1", "t2"}));
  test::expect_error(ErrorKind::data, {"two cases"}, [&] {
    find_cases({(folder / "p1/t1.nii").string(), (folder / "p1/t1.nii").string()});
  });
}

TEST(CaseFiles, ListsAndPatternsAreRead) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"x/a.nii", "x/b.nii", "x/c.nii"});
  write_file(folder / "list.txt", "# two of three\nx/a.nii\r\n\nx/c.nii\n");
  EXPECT_EQ(ids(find_cases({(folder / "list.txt").string()})), (Ids{"a", "c"}));
  EXPECT_EQ(ids(find_cases({(folder / "x/[bc]*.nii").string()})), (Ids{"b", "c"}));
  test::expect_error(ErrorKind::data, {"no file"}, [&] { find_cases({(folder / "x/z*").string()}); });
  test::expect_error(ErrorKind::data, {"nowhere"}, [&] { find_cases({(folder / "nowhere").string()}); });
}

TEST(CaseFiles, TablesNameImagesLabelsAndCases) {
  const test::TemporaryFolder folder;
  write_file(folder / "t.csv", "case,image,label,age\none,a.nii;b.nii,l.nii,60\ntwo,/x/c.nii,,61\n");
  const FoundCases found = find_cases({(folder / "t.csv").string()});
  EXPECT_EQ(ids(found), (Ids{"one+", "two"}));
  EXPECT_EQ(found.cases[0].images[1], (folder / "b.nii").string());
  EXPECT_EQ(found.cases[1].images[0], "/x/c.nii");
  write_file(folder / "bad.csv", "imge,label\na,b\n");
  test::expect_error(ErrorKind::data, {"did you mean"}, [&] { find_cases({(folder / "bad.csv").string()}); });
}

TEST(CaseFiles, PairsGoByName) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"images/a.nii.gz", "images/b.nii.gz", "labels/a.nii", "labels/z.nii"});
  const FoundCases found = find_cases({folder.path().string()});
  EXPECT_EQ(found.layout, "pairs");
  EXPECT_EQ(ids(found), (Ids{"a+", "b"}));
  EXPECT_EQ(found.notes.size(), 1u);
}

TEST(CaseFiles, NnunetChannelsBelongTogether) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"imagesTr/heart_1_0000.nii.gz", "imagesTr/heart_1_0001.nii.gz", "labelsTr/heart_1.nii.gz",
                        "imagesTs/heart_2_0000.nii.gz", "imagesTs/heart_2_0001.nii.gz"});
  write_file(
      folder / "dataset.json",
      R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "whole": [1, 2], "wall": 1}, "numTraining": 1})");
  const FoundCases found = find_cases({folder.path().string()});
  EXPECT_EQ(found.layout, "nnunet");
  EXPECT_EQ(ids(found), (Ids{"heart_1+", "heart_2"}));
  EXPECT_EQ(found.cases[0].images.size(), 2u);
  EXPECT_EQ(found.channels, (Ids{"T1", "T2"}));
  ASSERT_EQ(found.labels.size(), 3u);  // the parts of a region are declared too
  EXPECT_EQ(found.labels[1].name, "wall");
  EXPECT_EQ(found.labels[2].name, "class 2");
}

TEST(CaseFiles, ACaseWithoutAllItsChannelsIsAtFaultAlone) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "imagesTr/b_0000.nii.gz"});
  write_file(folder / "dataset.json", R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "ignore": 3}})");
  const FoundCases found = find_cases({folder.path().string()});
  ASSERT_EQ(found.cases.size(), 2u);
  EXPECT_FALSE(found.cases[0].fault.has_value());
  std::vector<std::string> notes;
  test::expect_error(ErrorKind::data, {"'b' has 1 channels"}, [&] { read_case(found.cases[1], notes); });
  test::expect_error(ErrorKind::data, {"'b' has 1 channels"}, [&] { read_case_size(found.cases[1]); });
  EXPECT_EQ(found.labels.back().id, 3);
}

TEST(CaseFiles, DicomFoldersAreCasesWhereverTheyLie) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"study/preview.png", "study/deep/1.IMA", "a.nii"});
  write_file(folder / "study/IM0001", std::string(128, '\0') + "DICM");
  const FoundCases found = find_cases({folder.path().string()});
  EXPECT_EQ(ids(found), (Ids{"a", "deep", "study"}));
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("preview.png"), std::string::npos);
}

TEST(CaseFiles, DecathlonListsAreTakenAsTheyStand) {
  const test::TemporaryFolder folder;
  touch(folder.path(), {"imagesTr/a.nii.gz", "labelsTr/a.nii.gz"});
  write_file(folder / "dataset.json",
             R"({"labels": {"0": "background", "1": "spleen"}, "modality": {"0": "CT"},
                 "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}], "test": ["./imagesTs/b.nii.gz"]})");
  const FoundCases found = find_cases({folder.path().string()});
  EXPECT_EQ(found.layout, "msd");
  EXPECT_EQ(ids(found), (Ids{"a+", "b"}));
  EXPECT_EQ(found.labels[1].name, "spleen");
  write_file(folder / "dataset.json", R"({"training": [{"label": 3}]})");
  test::expect_error(ErrorKind::data, {"no image"}, [&] { find_cases({folder.path().string()}); });
}

TEST(CaseFiles, BidsLabelsComeFromDerivatives) {
  const test::TemporaryFolder folder;
  touch(folder.path(),
        {"dataset_description.json", "sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_T2w.nii.gz",
         "sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz", "derivatives/manual/sub-01/anat/sub-01_label-x_dseg.nii.gz",
         "derivatives/manual/sub-01/anat/sub-01_desc-norm_T1w.nii.gz"});
  EXPECT_EQ(ids(find_cases({folder.path().string()})), (Ids{"sub-01_T1w+", "sub-01_T2w+", "sub-02_ses-1_T1w"}));
  BidsOptions only;
  only.suffixes = {"T2w"};
  EXPECT_EQ(ids(find_cases({folder.path().string()}, "auto", only)), (Ids{"sub-01_T2w+"}));
  test::expect_error(ErrorKind::usage, {"did you mean 'bids'"}, [&] { find_cases({folder.path().string()}, "bid"); });
}

}  // namespace
}  // namespace plexus
