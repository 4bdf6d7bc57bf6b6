#include "la.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>

#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

using test::expect_error;

// Three training volumes and one for testing, stored [x = 6, y = 5, z = 4], each voxel another value.
struct LaFolder {
  test::TemporaryFolder folder;
  LeftAtrium::Settings settings;
  LaFolder() {
    for (const std::string id : {"C", "A", "B", "T"}) {
      const auto path = folder.path() / "2018LA_Seg_Training Set" / id;
      std::filesystem::create_directories(path);
      write_h5(path / "mri_norm2.h5", {{"image", torch::arange(120, at::kFloat).reshape({6, 5, 4})},
                                       {"label", torch::arange(120).reshape({6, 5, 4}).remainder(2).to(at::kByte)}});
    }
    write_file(folder / "train.list", "C\nA\nB\n");
    write_file(folder / "test.list", "T\n");
    settings.root = folder.path().string();
    settings.labeled = 1;
  }
};

TEST(LeftAtrium, AxesAreTurnedToZyx) {
  LaFolder example;
  Rng rng;
  const LeftAtrium data(example.settings);
  const auto sample = data.get(data.subset("labeled").front(), rng);
  EXPECT_EQ(sample.id, "C");
  EXPECT_EQ(sample.fields.at("image").sizes(), (at::IntArrayRef{1, 4, 5, 6}));
  EXPECT_EQ(sample.fields.at("image")[0][3][1][2].item<float>(), 2 * 20 + 1 * 4 + 3);
  EXPECT_EQ(sample.fields.at("label")[3][1][2].item<int>(), 1);
  EXPECT_FALSE(sample.geometry.known);
}

TEST(LeftAtrium, AxesStayAsInTheFilesOnRequest) {
  LaFolder example;
  example.settings.axes = "xyz";
  Rng rng;
  const LeftAtrium data(example.settings);
  const auto sample = data.get(data.subset("labeled").front(), rng);
  EXPECT_EQ(sample.fields.at("image").sizes(), (at::IntArrayRef{1, 6, 5, 4}));
  EXPECT_EQ(sample.fields.at("image")[0][2][1][3].item<float>(), 2 * 20 + 1 * 4 + 3);
  EXPECT_EQ(sample.fields.at("label")[2][1][3].item<int>(), 1);
  Options options;
  LeftAtrium::Settings slices;
  slices.declare(options);
  expect_error(ErrorKind::configuration, {"slices lie along z"}, [&] {
    options.apply(Node::map({{"root", Node::scalar("x")}, {"view", Node::scalar("slices")}, {"axes", Node::scalar("xyz")}}),
                  "la");
  });
}

TEST(LeftAtrium, SlicesAreForTrainingAlone) {
  LaFolder example;
  example.settings.view = "slices";
  Rng rng;
  const LeftAtrium data(example.settings);
  EXPECT_EQ(data.info().dimensions, 2);
  ASSERT_EQ(data.subset("labeled").size(), 4u);
  EXPECT_EQ(data.subset("unlabeled").size(), 8u);
  EXPECT_EQ(data.subset("val").size(), 1u);
  const auto slice = data.get(data.subset("labeled")[3], rng);
  EXPECT_EQ(slice.id, "C_slice_3");
  EXPECT_EQ(slice.case_id, "C");
  EXPECT_EQ(slice.fields.at("image").sizes(), (at::IntArrayRef{1, 5, 6}));
  EXPECT_EQ(slice.fields.at("image")[0][1][2].item<float>(), 47);
  // The next reader must not see what was done to this one.
  slice.fields.at("image").zero_();
  EXPECT_EQ(data.get(data.subset("labeled")[3], rng).fields.at("image")[0][1][2].item<float>(), 47);
  EXPECT_EQ(data.get(data.subset("test").front(), rng).fields.at("image").dim(), 4);
}

TEST(LeftAtrium, MissingVolumesAreAnErrorOrReported) {
  LaFolder example;
  std::filesystem::remove_all(example.folder.path() / "2018LA_Seg_Training Set" / "A");
  expect_error(ErrorKind::data, {"/A/mri_norm2.h5", "does not exist", "missing: skip"},
               [&] { LeftAtrium data(example.settings); });
  example.settings.missing = "skip";
  const LeftAtrium data(example.settings);
  ASSERT_EQ(data.info().notes.size(), 2u);
  EXPECT_EQ(data.info().notes[0], "3 of 4 listed volumes are there");
  EXPECT_EQ(data.info().notes[1], "validation looks at the labelled training volumes");
  example.settings.labeled = 3;
  expect_error(ErrorKind::data, {"3 labelled volumes are asked for; 2 training"}, [&] { LeftAtrium more(example.settings); });
}

TEST(LeftAtrium, OrderAndValidationAreOptions) {
  LaFolder example;
  example.settings.order = "sorted";
  example.settings.validation = "test";
  const LeftAtrium data(example.settings);
  EXPECT_EQ(data.describe(data.subset("labeled").front()).id, "A");
  EXPECT_EQ(data.describe(data.subset("val").front()).id, "T");
  example.settings.validation = "none";
  EXPECT_TRUE(LeftAtrium(example.settings).subset("val").empty());
}

TEST(LeftAtrium, RealVolumes) {
  PLEXUS_NEEDS_SHARED("data/la");
  LeftAtrium::Settings settings;
  settings.root = shared_path.string();
  settings.missing = "skip";
  settings.view = "slices";
  settings.labeled = 2;
  const LeftAtrium data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 176u);
  EXPECT_EQ(data.subset("unlabeled").size(), 704u);
  EXPECT_EQ(data.subset("test").size(), 4u);
  EXPECT_EQ(data.info().notes.front(), "14 of 100 listed volumes are there");
}

}  // namespace
}  // namespace plexus::datasets
