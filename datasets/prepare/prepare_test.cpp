#include <torch/torch.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/volume.hpp>

#include "acdc.hpp"
#include "acdc_h5.hpp"
#include "lists.hpp"
#include "mls_ct.hpp"
#include "mls_ct_npy.hpp"
#include "phantom/phantom.hpp"
#include "slices_h5.hpp"
#include "support/expect_error.hpp"
#include "support/run_jobs.hpp"
#include "support/temporary_folder.hpp"
#include "two_splits.hpp"
#include "two_splits_h5.hpp"

namespace plexus::datasets {
namespace {

using test::run_jobs;

TEST(Prepare, AcdcFramesAreRenamedAndScaled) {
  test::TemporaryFolder folder;
  Geometry place;
  place.known = true;
  place.spacing = {1.5, 1.5, 10};
  const auto image = torch::arange(60, at::kShort).reshape({3, 4, 5}) - 7;
  for (const std::string patient : {"patient001", "patient002", "patient003"}) {
    const auto path = folder.path() / "in" / "training" / patient;
    std::filesystem::create_directories(path);
    for (const std::string frame : {"_frame12", "_frame01"}) {
      write_image(path / (patient + frame + ".nii.gz"), frame == "_frame12" ? image * 2 : image, place);
      write_label(path / (patient + frame + "_gt.nii.gz"), image.remainder(4).to(at::kByte), place);
    }
  }
  AcdcH5::Settings settings;
  settings.val = settings.test = 1;
  const auto target = (folder / "out").string();
  run_jobs(AcdcH5(settings), (folder / "in").string(), target);

  const auto volume = read_h5(folder.path() / "out/data/patient001_frame02.h5", "image");
  EXPECT_TRUE(torch::allclose(volume, torch::arange(60, at::kFloat).reshape({3, 4, 5}) / 59));
  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "out/data/slices/patient001_frame02_slice_1.h5", "image"), volume[0]));
  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "out/data/slices/patient001_frame02_slice_3.h5", "label"),
                           image.remainder(4).to(at::kByte)[2]));
  EXPECT_EQ(read_list(folder.path() / "out/train_slices.list").size(), 6u);

  Acdc::Settings reading;
  reading.root = target;
  reading.labeled = 1;
  const Acdc data(reading);
  EXPECT_EQ(data.subset("labeled").size(), 6u);
  EXPECT_EQ(data.subset("val").size(), 2u);
  Rng rng;
  EXPECT_NEAR(data.get(data.subset("val").front(), rng).geometry.spacing[2], 10, 1e-5);
}

TEST(Prepare, AcdcSaysWhatItExpects) {
  test::TemporaryFolder folder;
  const AcdcH5 step({});
  test::expect_error(ErrorKind::data, {"patientNNN_frameNN.nii.gz"}, [&] { step.jobs(folder.path().string(), ""); });
  write_image(folder / "patient001_frame01.nii.gz", torch::rand({2, 2, 2}), Geometry{});
  test::expect_error(ErrorKind::data, {"patient001_frame01_gt.nii.gz", "does not exist"},
                     [&] { step.jobs(folder.path().string(), ""); });
}

struct Known {
  Geometry place;
  Known() {
    place.known = true;
    place.spacing = {0.6, 0.6, 4};
  }
};

TEST(Prepare, MsCmrSeg19TakesLgeAndItsValues) {
  test::TemporaryFolder folder;
  const auto in = folder.path() / "in";
  std::filesystem::create_directories(in / "c0t2lge");
  std::filesystem::create_directories(in / "lgegt");
  const auto image = torch::arange(60, at::kShort).reshape({3, 4, 5});
  const auto label =
      torch::tensor({0, 500, 200, 600}, at::kShort).index_select(0, torch::arange(60).remainder(4)).reshape({3, 4, 5});
  for (int patient = 1; patient <= 9; ++patient) {
    const auto id = "patient" + std::to_string(patient);
    write_image(in / "c0t2lge" / (id + "_LGE.nii.gz"), image, Known().place);
    write_image(in / "c0t2lge" / (id + "_T2.nii.gz"), image, Known().place);
    write_label(in / "lgegt" / (id + "_LGE_manual.nii.gz"), label, Known().place);
  }
  write_image(in / "c0t2lge" / "patient10_LGE.nii.gz", image, Known().place);  // without a label: of the challenge's test set
  MsCmrSeg19H5::Settings settings;
  settings.val = 2;
  const auto target = (folder / "out").string();
  run_jobs(MsCmrSeg19H5(settings), in.string(), target);

  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "out/data/patient3_LGE.h5", "label").reshape({-1}).slice(0, 0, 4),
                           torch::tensor({0, 3, 2, 1}, at::kByte)));
  MsCmrSeg19::Settings reading;
  reading.root = target;
  std::vector<std::vector<std::string>> vals;
  for (const int split : {1, 2}) {
    reading.split = split;
    const MsCmrSeg19 data(reading);
    EXPECT_EQ(data.subset("labeled").size(), 21u);  // 7 patients of 3 slices: all of those for training
    EXPECT_EQ(data.subset("unlabeled").size(), 0u);
    EXPECT_EQ(data.subset("test").size(), 2u);
    EXPECT_TRUE(data.describe(0).id.ends_with("_LGE_slice_0"));
    EXPECT_EQ(data.info().classes(), 4);
    vals.push_back(read_list(folder.path() / "out" / ("split" + std::to_string(split)) / "val.list"));
  }
  EXPECT_NE(vals[0], vals[1]);

  // Lists as a user has them; and a published root, whose lists lie beside data/.
  std::filesystem::rename(folder.path() / "out/split2", folder.path() / "mine");
  reading.splits = (folder / "mine").string();
  EXPECT_EQ(MsCmrSeg19(reading).describe(MsCmrSeg19(reading).subset("val").front()).id, vals[1].front());

  write_label(in / "lgegt" / "patient1_LGE_manual.nii.gz", torch::full({3, 4, 5}, 300, at::kShort), Known().place);
  test::expect_error(ErrorKind::data, {"patient1_LGE_manual", "the value 300", "200, 500, 600"},
                     [&] { run_jobs(MsCmrSeg19H5(settings), in.string(), target); });
}

TEST(Prepare, ProstateTakesOneOfTwoChannels) {
  test::TemporaryFolder folder;
  const auto in = folder.path() / "in";
  std::filesystem::create_directories(in / "imagesTr");
  std::filesystem::create_directories(in / "labelsTr");
  const auto t2 = torch::arange(60, at::kFloat).reshape({3, 4, 5});
  for (const std::string id : {"prostate_00", "prostate_01", "prostate_02"}) {
    write_image(in / "imagesTr" / (id + ".nii.gz"), torch::stack({t2, t2.flip(0)}), Known().place);
    write_label(in / "labelsTr" / (id + ".nii.gz"), t2.remainder(3).to(at::kByte), Known().place);
  }
  ProstateH5::Settings settings;
  settings.val = 1;
  run_jobs(ProstateH5(settings), in.string(), (folder / "t2").string());
  settings.channel = "adc";
  run_jobs(ProstateH5(settings), in.string(), (folder / "adc").string());
  const auto first = read_h5(folder.path() / "t2/data/prostate_00.h5", "image");
  EXPECT_TRUE(torch::allclose(first, t2 / 59));
  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "adc/data/prostate_00.h5", "image"), first.flip(0)));
  Prostate::Settings reading;
  reading.root = (folder / "t2").string();
  reading.labeled = 1;
  const Prostate data(reading);
  EXPECT_EQ(data.subset("labeled").size(), 3u);
  EXPECT_EQ(data.subset("unlabeled").size(), 3u);
  EXPECT_EQ(data.info().classes(), 3);
  Rng rng;
  EXPECT_NEAR(data.get(data.subset("val").front(), rng).geometry.spacing[2], 4, 1e-5);

  write_image(in / "imagesTr" / "prostate_00.nii.gz", t2, Known().place);
  test::expect_error(ErrorKind::data, {"prostate_00", "1 channel(s)", "number 1"},
                     [&] { ProstateH5(settings).jobs(in.string(), ""); });
}

TEST(Prepare, SlicesOfAFolderKeepItsSplits) {
  test::TemporaryFolder folder;
  for (const std::string kind : {"images", "labels"}) {
    std::filesystem::create_directories(folder.path() / "in" / kind);
    for (const std::string id : {"a", "b", "c"})
      if (kind == "images" || id != "b")
        write_label(folder.path() / "in" / kind / (id + ".nii.gz"), torch::ones({2, 3, 4}, at::kByte), Geometry{});
  }
  write_file(folder.path() / "in/dataset.json",
             R"({"splits": {"labeled": ["c"], "unlabeled": ["b"], "val": ["a"], "test": ["a"]}})");
  run_jobs(SlicesH5({}), (folder / "in").string(), (folder / "out").string());
  EXPECT_EQ(read_list(folder.path() / "out/train_slices.list"),
            (std::vector<std::string>{"c_slice_1", "c_slice_2", "b_slice_1", "b_slice_2"}));
  EXPECT_FALSE(h5_has(folder.path() / "out/data/b.h5", "label"));
  EXPECT_EQ(read_h5(folder.path() / "out/data/c.h5", "image").sum().item<float>(), 0);  // one value throughout
}

TEST(Prepare, HeadCtKeepsLandmarksAndMillimetres) {
  test::TemporaryFolder folder;
  Phantom::Settings phantom;
  phantom.kind = "head_ct";
  phantom.cases = 3;
  phantom.labeled = 3;
  phantom.val = phantom.test = 0;
  phantom.size = {64, 48, 16};
  phantom.spacing = {3, 4, 6};
  const auto in = (folder / "in").string(), target = (folder / "out").string();
  run_jobs(Phantom(phantom), "", in);
  MlsCtNpy::Settings settings;
  settings.size = 32;
  settings.val = 1;
  settings.shifted_from = 0;
  run_jobs(MlsCtNpy(settings), in, target);

  MlsCt::Settings reading;
  reading.root = target;
  const MlsCt data(reading);
  EXPECT_EQ(data.subset("all").size(), 2u * 3u);  // slices 8 to 10 of 16
  Rng rng;
  const auto whole = data.get(data.subset("test").front(), rng);
  EXPECT_EQ(whole.fields.at("image").sizes(), (at::IntArrayRef{1, 16, 32, 32}));
  EXPECT_TRUE(whole.geometry.known);
  ASSERT_TRUE(whole.source);  // the scan's grid, to which predictions go back
  EXPECT_EQ(whole.source->size, (std::vector<std::int64_t>{16, 48, 64}));
  EXPECT_EQ(whole.source->geometry.spacing, (std::array<double, 3>{3, 4, 6}));
  EXPECT_EQ(whole.geometry.spacing, (std::array<double, 3>{6, 8, 6}));
  const auto json = nlohmann::json::parse(read_file(folder.path() / "in/dataset.json"));
  int with_landmarks = 0;
  for (const auto& record : read_mls_metadata(folder.path() / "out/train.json")) {
    EXPECT_EQ(record.spacing, (std::array<double, 2>{6, 8}));  // 64 columns of 3 mm, 48 rows of 4 mm within 64, as 32 pixels
    for (const auto& [slice, points] : record.landmarks) {
      ++with_landmarks;
      const auto stored =
          json.at("landmarks").at(record.id).at(std::to_string(slice)).get<std::vector<std::array<double, 2>>>();
      for (std::int64_t r = 0; r < 4; ++r) {
        const auto& point = stored[static_cast<std::size_t>(r)];
        EXPECT_NEAR((points[r][0].item<double>() + 0.5) * 2 - 0.5, point[0], 1e-9);
        EXPECT_NEAR((points[r][1].item<double>() + 0.5) * 2 - 0.5 - 8, point[1], 1e-9);
      }
    }
  }
  EXPECT_GT(with_landmarks, 0);

  // Scans in units of their own: the window's ends become 0 and 80.
  auto stretched = settings;
  stretched.window = {100, 140};
  run_jobs(MlsCtNpy(stretched), in, (folder / "stretched").string());
  const auto file = read_mls_metadata(folder.path() / "out/train.json").front().path;
  const auto before = read_npy(folder.path() / "out" / file), after = read_npy(folder.path() / "stretched" / file);
  EXPECT_TRUE(torch::allclose(after, (before - 100) * 2, 1e-5, 1e-2));
  test::expect_error(ErrorKind::data, {"no DICOM series"},
                     [&] { MlsCtNpy(settings).jobs((folder / "out/nothing").string(), ""); });
}

}  // namespace
}  // namespace plexus::datasets
