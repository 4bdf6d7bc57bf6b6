#include "imitation.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <set>

#include <plexus/base/file.hpp>
#include <plexus/data/npy.hpp>

#include "acdc.hpp"
#include "brats.hpp"
#include <plexus/nn/pickle_numpy.hpp>
#include "isic.hpp"
#include "la.hpp"
#include "lists.hpp"
#include "mls_ct.hpp"
#include "msd.hpp"
#include "npy_layout.hpp"
#include "prepare/acdc_h5.hpp"
#include "prepare/npy_steps.hpp"
#include "prepare/two_splits_h5.hpp"
#include "retina.hpp"
#include "support/expect_error.hpp"
#include "support/run_jobs.hpp"
#include "support/temporary_folder.hpp"
#include "two_splits.hpp"

namespace plexus::datasets {
namespace {

using Shape = std::vector<std::int64_t>;
using test::expect_error;
using test::run_jobs;

// The layout of a set with `cases` patients in FOLDER/in.
struct Imitated {
  test::TemporaryFolder folder;
  std::string in, out;
  Imitated(const std::string& of, std::int64_t cases, Shape size = {32, 32, 4}) {
    in = (folder / "in").string();
    out = (folder / "out").string();
    Imitation::Settings settings;
    settings.of = of;
    settings.cases = cases;
    settings.size = std::move(size);
    run_jobs(Imitation(settings), "", in);
  }
};

template <class Data>
Sample first_of(const Data& data, const std::string& subset) {
  Rng rng;
  return data.get(data.subset(subset).front(), rng);
}

double highest(const at::Tensor& tensor) { return tensor.max().item<double>(); }
double lowest(const at::Tensor& tensor) { return tensor.min().item<double>(); }

TEST(Imitation, AcdcGoesThroughItsPreparation) {
  Imitated set("acdc", 3);
  AcdcH5::Settings step;
  step.val = step.test = 1;
  run_jobs(AcdcH5(step), set.in, set.out);
  Acdc::Settings settings;
  settings.root = set.out;
  settings.labeled = 1;
  const Acdc data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 8u);
  EXPECT_EQ(highest(first_of(data, "val").fields.at("label")), 3);
}

TEST(Imitation, TwoSplitSetsGoThroughTheirPreparation) {
  Imitated hearts("mscmrseg19", 3);
  MsCmrSeg19H5::Settings heart_step;
  heart_step.val = 1;
  run_jobs(MsCmrSeg19H5(heart_step), hearts.in, hearts.out);
  MsCmrSeg19::Settings heart_settings;
  heart_settings.root = hearts.out;
  heart_settings.split = 2;
  heart_settings.labeled = 1;
  const MsCmrSeg19 heart(heart_settings);
  EXPECT_EQ(heart.subset("unlabeled").size(), 4u);
  EXPECT_EQ(highest(first_of(heart, "val").fields.at("label")), 3);

  Imitated glands("prostate", 3);
  ProstateH5::Settings gland_step;
  gland_step.val = 1;
  run_jobs(ProstateH5(gland_step), glands.in, glands.out);
  Prostate::Settings gland_settings;
  gland_settings.root = glands.out;
  gland_settings.labeled = 1;
  EXPECT_EQ(highest(first_of(Prostate(gland_settings), "val").fields.at("label")), 2);
  Msd::Settings raw;
  raw.root = glands.in;
  raw.val = 1;
  EXPECT_EQ(Msd(raw).info().channels, 2);
}

TEST(Imitation, LaIsReadAsItIsAndAsNpy) {
  Imitated set("la", 6);
  LeftAtrium::Settings settings;
  settings.root = set.in;
  settings.labeled = 1;
  EXPECT_EQ(first_of(LeftAtrium(settings), "labeled").fields.at("image").sizes(), (Shape{1, 4, 32, 32}));
  LaNpy::Settings step;
  step.ratios = {"0.25"};
  run_jobs(LaNpy(step), set.in, set.out);
  const auto ids = read_list(std::filesystem::path(set.out) / "split_txts" / "labeled_0.25.txt");
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(read_npy(std::filesystem::path(set.out) / "npy" / (ids[0] + "_image.npy")).sizes(), (Shape{32, 32, 4}));
}

TEST(Imitation, SynapseGoesThroughItsPreparation) {
  Imitated set("synapse", 7);
  SynapseNpy::Settings step;
  step.lists = "dealt";
  step.size = {8, 16, 16};
  run_jobs(SynapseNpy(step), set.in, set.out);
  NpyLayoutSettings lists;
  lists.root = set.out;
  EXPECT_EQ(lists.list("unlabeled_0.2").size(), 4u);  // int(7 * 0.8) = 5, int(5 * 5 / 6) = 4, int(4 / 5) = 0
  std::filesystem::copy_file(std::filesystem::path(set.out) / "split_txts/test.txt",
                             std::filesystem::path(set.out) / "split_txts/labeled_0.2.txt",
                             std::filesystem::copy_options::overwrite_existing);
  Synapse::Settings settings;
  settings.root = set.out;
  const Synapse data(settings);
  const auto sample = first_of(data, "labeled");
  EXPECT_EQ(sample.fields.at("image").sizes(), (Shape{1, 8, 16, 16}));
  EXPECT_EQ(lowest(sample.fields.at("image")), 0);
  EXPECT_EQ(highest(sample.fields.at("image")), 1);
  EXPECT_EQ(data.info().classes(), 14);
  settings.view = "slices";
  EXPECT_EQ(first_of(Synapse(settings), "labeled").fields.at("image").sizes(), (Shape{1, 16, 16}));

  // The published lists name cases that are not there: they are left out.
  step.lists = "published";
  run_jobs(SynapseNpy(step), set.in, (set.folder / "published").string());
  EXPECT_EQ(read_list(set.folder.path() / "published/split_txts/eval.txt"), (std::vector<std::string>{"0001", "0007"}));
}

TEST(Imitation, MmwhsGoesThroughItsPreparationInBothDirections) {
  Imitated set("mmwhs", 12);
  MmwhsNpy::Settings step;
  step.lists = "dealt";
  step.size = {16, 16, 16};
  run_jobs(MmwhsNpy(step), set.in, set.out);
  for (const std::string direction : {"ct2mr", "mr2ct"}) {
    Mmwhs::Settings settings;
    settings.root = set.out;
    settings.direction = direction;
    const Mmwhs data(settings);
    EXPECT_EQ(data.subset("labeled").size(), 5u);
    EXPECT_EQ(data.subset("unlabeled").size(), 4u);
    EXPECT_EQ(data.subset("val").size(), 1u);
    const auto test = first_of(data, "test");
    EXPECT_TRUE(test.case_id.starts_with(direction == "ct2mr" ? "mr" : "ct"));
    EXPECT_EQ(test.fields.at("image").sizes(), (Shape{1, 16, 16, 16}));
    EXPECT_EQ(highest(test.fields.at("label")), 4);
  }
  // The repository's other name of the folder.
  std::filesystem::rename(std::filesystem::path(set.out) / "split_txts", std::filesystem::path(set.out) / "splits_txts");
  Mmwhs::Settings settings;
  settings.root = set.out;
  EXPECT_EQ(Mmwhs(settings).subset("labeled").size(), 5u);
}

TEST(Imitation, MnmsGoesThroughItsPreparationAsFramesAndPlanes) {
  Imitated set("mnms", 8, {36, 36, 5});
  MnmsNpy::Settings step;
  step.ratios = {"0.5"};
  run_jobs(MnmsNpy(step), set.in, set.out);
  Mnms::Settings settings;
  settings.root = set.out;
  settings.target = "B";
  settings.ratio = "0.5";
  const Mnms frames(settings);
  EXPECT_EQ(frames.subset("labeled").size(), 6u);  // one of two patients of three vendors, two frames each
  EXPECT_EQ(frames.subset("unlabeled").size(), 6u);
  EXPECT_EQ(frames.subset("test").size(), 4u);
  const auto frame = first_of(frames, "labeled");
  EXPECT_EQ(frame.fields.at("image").sizes(), (Shape{1, 32, 144, 144}));
  EXPECT_EQ(highest(frame.fields.at("label")), 3);
  EXPECT_TRUE(frame.id.ends_with("_sa_0") || frame.id.ends_with("_sa_2")) << frame.id;

  step.view = "slices";
  step.previews = true;
  run_jobs(MnmsNpy(step), set.in, (set.folder / "planes").string());
  settings.root = (set.folder / "planes").string();
  settings.view = "slices";
  const Mnms planes(settings);
  EXPECT_GT(planes.subset("labeled").size(), 6u);
  EXPECT_EQ(first_of(planes, "labeled").fields.at("image").sizes(), (Shape{1, 288, 288}));
  EXPECT_EQ(planes.info().dimensions, 2);

  std::filesystem::remove(std::filesystem::path(set.in) / "mnms_dataset_info.csv");
  expect_error(ErrorKind::data, {"vendor is not known", "CSV"}, [&] { MnmsNpy(step).jobs(set.in, ""); });
  // Vendors by folder, in either spelling.
  for (const std::string vendor : {"vendorA", "VendorB"})
    std::filesystem::create_directories(set.folder.path() / "sorted" / vendor);
  std::filesystem::rename(std::filesystem::path(set.in) / "A0S0V0", set.folder.path() / "sorted/vendorA/A0S0V0");
  std::filesystem::rename(std::filesystem::path(set.in) / "A1S1V1", set.folder.path() / "sorted/VendorB/A1S1V1");
  EXPECT_EQ(MnmsNpy(step).jobs((set.folder / "sorted").string(), "").size(), 2u);
}

TEST(Imitation, MlsIsReadFromItsPickles) {
  Imitated set("mls", 8, {48, 48, 20});
  MlsCt::Settings settings;
  settings.root = set.in + "/data_train.pkl";
  settings.val = set.in + "/data_eval.pkl";
  const MlsCt data(settings);
  EXPECT_EQ(data.subset("all").size(), 6u * 7u);  // slices 8 to 14 of six cases
  EXPECT_EQ(data.subset("labeled").size() + data.subset("unlabeled").size(), data.subset("all").size());
  EXPECT_EQ(data.subset("normal").size(), 2u * 7u);
  ASSERT_GT(data.subset("labeled").size(), 0u);
  const auto sample = first_of(data, "labeled");
  EXPECT_EQ(sample.fields.at("image").sizes(), (Shape{1, 48, 48}));
  EXPECT_LT(lowest(sample.fields.at("image")), -500);  // Hounsfield units: air
  EXPECT_EQ(sample.fields.at("landmarks").sizes(), (Shape{4, 2}));
  EXPECT_EQ(sample.fields.at("known").item<int>(), 1);
  EXPECT_GT(sample.fields.at("shift").item<double>(), 0);
  EXPECT_EQ(highest(first_of(data, "unlabeled").fields.at("landmarks")), 1);
  EXPECT_EQ(first_of(data, "test").fields.at("image").sizes(), (Shape{1, 20, 48, 48}));
  EXPECT_TRUE(data.deterministic());

  settings.draw = "cases";
  settings.repeat = 2;
  const MlsCt cases(settings);
  EXPECT_EQ(cases.subset("all").size(), 4u * 2 + 2);
  EXPECT_FALSE(cases.deterministic());
  std::set<double> means;
  Rng rng(1);
  for (int i = 0; i < 8; ++i) means.insert(cases.get(0, rng).fields.at("image").mean().item<double>());
  EXPECT_GT(means.size(), 1u);

  std::filesystem::remove(std::filesystem::path(set.in) / "volumes/sample_1.npy");
  expect_error(ErrorKind::data, {"sample_1.npy", "does not exist", "data"}, [&] { MlsCt wrong(settings); });
}

TEST(Imitation, RetinaGivesImagesAndPatches) {
  Imitated set("retina", 3, {40, 40, 1});
  Retina::Settings settings;
  settings.root = set.in + "/retina_data.pickle";
  settings.source = {"drive"};
  settings.target = {"octa500"};
  settings.test = {"octa500"};
  EXPECT_EQ(first_of(Retina(settings), "labeled").fields.at("image").sizes(), (Shape{3, 40, 40}));
  settings.view = "patches";
  settings.patch = {16, 16};
  settings.samples = 4;
  settings.channel = 1;
  const Retina data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 12u);
  EXPECT_EQ(data.subset("unlabeled").size(), 12u);
  EXPECT_EQ(data.subset("test").size(), 3u);
  const auto sample = first_of(data, "labeled");
  EXPECT_EQ(sample.fields.at("image").sizes(), (Shape{1, 16, 16}));
  EXPECT_EQ(lowest(sample.fields.at("image")), -1);
  EXPECT_EQ(highest(sample.fields.at("image")), 1);
  EXPECT_TRUE(torch::equal(first_of(data, "labeled").fields.at("image"), sample.fields.at("image")));
  settings.patch = {40, 40};
  EXPECT_EQ(first_of(Retina(settings), "labeled").fields.at("image").sizes(), (Shape{1, 40, 40}));  // as large as the image
  settings.patch = {16, 16};
  settings.rows = {10, 20};
  expect_error(ErrorKind::data, {"10 pixels for patches of 16"}, [&] { first_of(Retina(settings), "labeled"); });
  settings.source = {"stare"};
  expect_error(ErrorKind::configuration, {"no set 'stare'"}, [&] { Retina wrong(settings); });
}

TEST(Imitation, PhotographsBecomeAsBrightVesselledAsTheOthers) {
  Imitated set("retina", 2, {64, 64, 1});
  Retina::Settings settings;
  settings.root = set.in;  // the folder of retina_data.pickle
  settings.source = {"drive"};
  settings.target = {"octa500"};
  const auto contrast = [&] {
    const auto sample = first_of(Retina(settings), "labeled");
    // In the middle, away from the dark round the eye.
    const auto middle = [](const at::Tensor& plane) { return plane.slice(0, 16, 48).slice(1, 16, 48); };
    const auto vessel = middle(sample.fields.at("label")).ne(0);
    const auto green = middle(sample.fields.at("image")[1]);
    return (green.masked_select(vessel).mean() - green.masked_select(vessel.logical_not()).mean()).item<double>();
  };
  EXPECT_LT(contrast(), 0);
  settings.fundus = {"drive"};
  EXPECT_GT(contrast(), 0.05);
  settings.fundus = {"dirve"};
  expect_error(ErrorKind::configuration, {"fundus names 'dirve'"}, [&] { Retina wrong(settings); });
}

TEST(Imitation, SetsOfTheRetinaAreOfOtherEyes) {
  Imitated set("retina", 2, {32, 32, 1});
  const auto sets = read_retina_dictionary(set.in + "/retina_data.pickle");
  ASSERT_EQ(sets.size(), 3u);
  for (const auto& [name, one] : sets)
    for (const auto& [other, another] : sets)
      if (name != other) EXPECT_FALSE(torch::equal(one.masks[0], another.masks[0])) << name << " " << other;
}

TEST(Imitation, PairsOfAnyMaskValues) {
  test::TemporaryFolder folder;
  const auto image = torch::rand({6, 5});
  PickleValue::Items pairs;
  for (const auto& [low, high] : {std::pair{0.5, 1.0}, {0.0, 1.0}, {0.0, 255.0}}) {
    auto mask = torch::full({6, 5}, low);
    mask[2][3] = high;
    pairs.push_back(PickleValue::tuple({image, mask}));
  }
  write_file(folder / "pairs.pickle", write_pickle(PickleValue::list(pairs)));
  RetinaPairs::Settings settings;
  settings.root = (folder / "pairs.pickle").string();
  settings.val = 1;
  const RetinaPairs data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 2u);
  Rng rng;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto sample = data.get(i, rng);
    EXPECT_TRUE(torch::equal(sample.fields.at("image")[0], image));
    EXPECT_EQ(sample.fields.at("label").sum().item<int>(), 1);
    EXPECT_EQ(sample.fields.at("label")[2][3].item<int>(), 1);
  }
}

TEST(Imitation, IsicFollowsItsTables) {
  Imitated set("isic", 5, {40, 32, 1});
  Isic::Settings settings;
  settings.root = set.in;
  settings.image_size = 24;
  settings.val = 1;
  const Isic data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 3u);
  EXPECT_EQ(data.subset("val").size(), 1u);
  ASSERT_EQ(data.subset("test").size(), 1u);
  EXPECT_EQ(data.describe(data.subset("test").front()).id, "0000003");
  const auto sample = first_of(data, "labeled");
  EXPECT_EQ(sample.fields.at("image").sizes(), (Shape{3, 24, 24}));
  EXPECT_LE(highest(sample.fields.at("image")), 1);
  settings.threshold = 0.5;
  EXPECT_LT(first_of(Isic(settings), "labeled").fields.at("label").sum().item<int>(),
            sample.fields.at("label").sum().item<int>());

  // A folder of one's own.
  const std::filesystem::path root = set.in;
  std::filesystem::rename(root / "ISBI2016_ISIC_Part1_Training_Data", root / "images");
  std::filesystem::rename(root / "ISBI2016_ISIC_Part1_Training_GroundTruth", root / "masks");
  std::filesystem::remove(root / "ISBI2016_ISIC_Part1_Training_GroundTruth.csv");
  settings.test = 1;
  EXPECT_EQ(Isic(settings).subset("labeled").size(), 2u);
}

TEST(Imitation, BratsGivesPlanesAndVolumes) {
  Imitated set("brats", 3, {32, 24, 4});
  Brats::Settings settings;
  settings.root = set.in;
  settings.image_size = 16;
  settings.test = 1;
  const Brats data(settings);
  EXPECT_EQ(data.subset("labeled").size(), 8u);
  const auto plane = first_of(data, "labeled");
  EXPECT_EQ(plane.fields.at("image").sizes(), (Shape{4, 16, 16}));
  EXPECT_LE(highest(plane.fields.at("image")), 1.0001);
  const auto volume = first_of(data, "test");
  EXPECT_EQ(volume.fields.at("image").sizes(), (Shape{4, 4, 32, 24}));  // rows along the first axis of the file, 32 long
  EXPECT_EQ(highest(volume.fields.at("label")), 1);
  settings.axes = "image";
  settings.classes = "all";
  settings.image_size = 0;
  settings.intensity = "none";
  const Brats plain(settings);
  EXPECT_EQ(plain.info().classes(), 4);
  EXPECT_EQ(first_of(plain, "labeled").fields.at("image").sizes(), (Shape{4, 24, 32}));
  EXPECT_EQ(highest(first_of(plain, "test").fields.at("label")), 3);
  std::filesystem::remove(std::filesystem::path(set.in) / "BraTS20_Training_002/BraTS20_Training_002_t2.nii.gz");
  expect_error(ErrorKind::data, {"BraTS20_Training_002", "modality t2"}, [&] { Brats wrong(settings); });
}

}  // namespace
}  // namespace plexus::datasets
