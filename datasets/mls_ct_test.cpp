#include "mls_ct.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/file.hpp>
#include <plexus/data/npy.hpp>

#include "mls_records.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

// Ten cases of 16 planes; the first five have landmarks in plane 9, of them the first two a shift.
struct Folder {
  explicit Folder(std::array<double, 2> spacing = {0.5, 2}) {
    std::vector<MlsRecord> records;
    for (int i = 0; i < 10; ++i) {
      MlsRecord record;
      record.id = "c" + std::to_string(i);
      record.path = record.id + ".npy";
      record.positive = i < 2;
      record.spacing = spacing;
      if (i < 5) record.landmarks[9] = torch::tensor({0.0, 0.0, 0.0, 7.0, 4.0, 5.0, 1.0, 4.0}, at::kDouble).view({4, 2});
      if (i < 2) record.mls = std::sqrt(10.0);
      write_npy(folder / record.path, torch::full({16, 8, 8}, i, at::kShort));
      records.push_back(record);
    }
    write_file(folder / "train.json", mls_json(records));
  }
  MlsCt::Settings settings() const {
    MlsCt::Settings s;
    s.root = (folder / "train.json").string();
    s.val = s.root;
    return s;
  }
  test::TemporaryFolder folder;
};

TEST(MlsCt, GivesHounsfieldUnitsAndTheShiftInBothUnits) {
  const Folder folder;
  const MlsCt data(folder.settings());
  Rng rng;
  const auto slice = data.get(data.subset("labeled").front(), rng);
  EXPECT_EQ(slice.fields.at("image").scalar_type(), at::kFloat);
  EXPECT_EQ(slice.id, "c0_slice_9");
  EXPECT_NEAR(slice.fields.at("shift").item<double>(), std::sqrt(10.0), 1e-12);
  EXPECT_NEAR(slice.fields.at("shift_mm").item<double>(), std::hypot(3 * 0.5, 1 * 2.0), 1e-12);
  EXPECT_EQ(slice.fields.at("known").item<int>(), 1);
  const auto whole = data.get(data.subset("test").at(3), rng);
  EXPECT_EQ(whole.fields.at("image").max().item<float>(), 3);
  EXPECT_EQ(whole.fields.at("shift_mm").item<double>(), 0);
}

TEST(MlsCt, WithoutSpacingThereAreNoMillimetres) {
  const Folder folder({0, 0});
  Rng rng;
  const MlsCt data(folder.settings());
  EXPECT_TRUE(std::isnan(data.get(data.subset("labeled").front(), rng).fields.at("shift_mm").item<double>()));
}

TEST(MlsCt, ValidationLeavesCasesWithoutLabelledSlicesOut) {
  const Folder folder;
  const MlsCt data(folder.settings());
  EXPECT_EQ(data.subset("val").size(), 5u);
  EXPECT_EQ(data.subset("test").size(), 10u);  // volumes keep them
}

TEST(MlsCt, PartOfTheCasesMayLendTheirUnlabelledSlices) {
  const Folder folder;
  auto settings = folder.settings();
  EXPECT_EQ(MlsCt(settings).subset("all").size(), 10u * 3);  // planes 8, 9, 10
  settings.semi_prop = 0;
  EXPECT_EQ(MlsCt(settings).subset("all").size(), 5u);  // the labelled ones
  settings.semi_prop = 0.5;
  const auto count = MlsCt(settings).subset("all").size();
  EXPECT_GT(count, 5u);
  EXPECT_LT(count, 30u);
  EXPECT_EQ(MlsCt(settings).subset("all").size(), count);
  EXPECT_EQ(MlsCt(settings).subset("labeled").size(), 5u);
}

TEST(MlsCt, DrawnSlicesAreImagesOfCasesThatMayRepeat) {
  const Folder folder;
  auto settings = folder.settings();
  settings.draw = "cases";
  settings.repeat = 4;
  const MlsCt data(settings);
  EXPECT_EQ(data.subset("all").size(), 2u * 4 + 8);
  EXPECT_EQ(data.subset("normal").size(), 8u);
  Rng rng;
  const auto drawn = data.get(data.subset("normal").front(), rng);
  EXPECT_EQ(drawn.fields.at("image").sizes(), at::IntArrayRef({1, 8, 8}));
  EXPECT_FALSE(drawn.fields.count("landmarks"));
}

}  // namespace
}  // namespace plexus::datasets
