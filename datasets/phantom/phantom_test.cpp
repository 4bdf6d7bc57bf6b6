#include "phantom/phantom.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class NoContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view, const std::vector<std::string>&, at::IntArrayRef, Distribution) override { return {}; }
  void minimise(std::string_view, const at::Tensor&) override {}
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}
};

class PhantomFiles : public testing::Test {
 protected:
  static Phantom::Settings small() {
    Phantom::Settings settings;
    settings.cases = 6;
    settings.labeled = 1;
    settings.val = 1;
    settings.test = 2;
    settings.size = {20, 16, 3};
    settings.spacing = {9, 10, 12};
    return settings;
  }

  void write(const Phantom::Settings& settings, const fs::path& target, bool backwards = false) const {
    const Phantom phantom(settings);
    std::vector<Job> jobs = phantom.jobs("", target.string());
    if (backwards) std::reverse(jobs.begin(), jobs.end());
    NoContext context;
    Rng rng(backwards ? 1 : 2);
    for (const Job& job : jobs) {
      phantom.run(job, target.string(), rng, context);
      for (const std::string& output : job.outputs) EXPECT_TRUE(fs::exists(target / output)) << output;
    }
    phantom.finish(jobs, target.string());
  }

  test::TemporaryFolder folder_;
  fs::path root_ = folder_.path();
};

TEST_F(PhantomFiles, NiftiHasGeometryLabelsAndSplits) {
  write(small(), root_);
  const Volume image = read_volume(root_ / "images/cardiac_000.nii.gz"),
               label = read_volume(root_ / "labels/cardiac_000.nii.gz");
  EXPECT_THAT(image.data.sizes(), ElementsAre(1, 3, 16, 20));
  EXPECT_EQ(image.data.scalar_type(), at::kShort);
  EXPECT_THAT(label.data.sizes(), ElementsAre(1, 3, 16, 20));
  EXPECT_THAT(image.geometry.spacing,
              ElementsAre(testing::DoubleNear(9, 1e-4), testing::DoubleNear(10, 1e-4), testing::DoubleNear(12, 1e-4)));
  EXPECT_THAT(image.geometry.origin,
              ElementsAre(testing::DoubleNear(-85.5, 1e-3), testing::DoubleNear(-75, 1e-3), testing::DoubleNear(-12, 1e-3)));
  EXPECT_GE(label.data.max().item<int>(), 1);
  EXPECT_LE(label.data.max().item<int>(), 3);

  const auto description = nlohmann::json::parse(read_file(root_ / "dataset.json"));
  EXPECT_EQ(description["labels"]["background"], 0);
  EXPECT_EQ(description["labels"]["left ventricle"], 3);
  EXPECT_EQ(description["splits"]["labeled"], nlohmann::json({"cardiac_000"}));
  EXPECT_EQ(description["splits"]["unlabeled"], nlohmann::json({"cardiac_001", "cardiac_002"}));
  EXPECT_EQ(description["splits"]["val"], nlohmann::json({"cardiac_003"}));
  EXPECT_EQ(description["splits"]["test"], nlohmann::json({"cardiac_004", "cardiac_005"}));
  EXPECT_FALSE(description.contains("values"));
}

TEST_F(PhantomFiles, OrderAndTheHostsStreamChangeNothing) {
  write(small(), root_ / "a");
  write(small(), root_ / "b", true);
  EXPECT_EQ(read_file(root_ / "a/dataset.json"), read_file(root_ / "b/dataset.json"));
  for (const std::string name : {"images/cardiac_002.nii.gz", "labels/cardiac_005.nii.gz"})
    EXPECT_TRUE(at::equal(read_volume(root_ / "a" / name).data, read_volume(root_ / "b" / name).data)) << name;
}

TEST_F(PhantomFiles, ACaseDoesNotDependOnHowManyThereAre) {
  Phantom::Settings fewer = small();
  fewer.cases = 4;
  write(small(), root_ / "a");
  write(fewer, root_ / "b");
  const fs::path name = "images/cardiac_003.nii.gz";
  EXPECT_TRUE(at::equal(read_volume(root_ / "a" / name).data, read_volume(root_ / "b" / name).data));
}

TEST_F(PhantomFiles, HeadsComeWithShiftAndLandmarks) {
  Phantom::Settings settings = small();
  settings.kind = "head_ct";
  settings.spacing.clear();
  write(settings, root_);
  const auto description = nlohmann::json::parse(read_file(root_ / "dataset.json"));
  ASSERT_EQ(description["values"].size(), 6u);
  const auto& values = description["values"]["head_ct_001"];
  EXPECT_GE(values["shift_mm"].get<double>(), 0);
  const std::string slice = std::to_string(values["slice"].get<int>());
  EXPECT_EQ(description["landmarks"]["head_ct_001"][slice].size(), 4u);
  EXPECT_EQ(description["landmarks"]["head_ct_001"][slice][0].size(), 2u);
}

TEST_F(PhantomFiles, H5HasTheFieldsLayout) {
  Phantom::Settings settings = small();
  settings.format = "h5";
  write(settings, root_);
  EXPECT_EQ(read_file(root_ / "train.list"), "cardiac_000\ncardiac_001\ncardiac_002\n");
  EXPECT_THAT(read_file(root_ / "train_slices.list"), testing::StartsWith("cardiac_000_slice_1\ncardiac_000_slice_2\n"));
  EXPECT_EQ(read_file(root_ / "val.list"), "cardiac_003\n");
  EXPECT_EQ(read_file(root_ / "test.list"), "cardiac_004\ncardiac_005\n");
  const at::Tensor image = read_h5(root_ / "data/cardiac_000.h5", "image");
  EXPECT_THAT(image.sizes(), ElementsAre(3, 16, 20));
  EXPECT_EQ(image.scalar_type(), at::kFloat);
  EXPECT_EQ(image.min().item<float>(), 0);
  EXPECT_EQ(image.max().item<float>(), 1);
  const at::Tensor slice = read_h5(root_ / "data/slices/cardiac_000_slice_2.h5", "image");
  EXPECT_TRUE(at::equal(slice, image[1]));
  EXPECT_EQ(read_h5(root_ / "data/slices/cardiac_000_slice_2.h5", "label").scalar_type(), at::kByte);
}

TEST_F(PhantomFiles, ModalitiesAreNamed) {
  Phantom::Settings settings = small();
  settings.kind = "vessels";
  settings.modality = "b";
  settings.size.clear();
  EXPECT_EQ(Phantom(settings).jobs("", "").front().id, "vessels_b_000");
}

std::string refusal(const std::string& options) {
  Phantom::Settings settings;
  Options declared;
  settings.declare(declared);
  try {
    declared.apply(read_pipeline_text(options, "test"), "phantom");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    return error.what();
  }
  return "";
}

TEST(PhantomOptions, WrongOnesAreRefused) {
  EXPECT_EQ(refusal("{kind: organs, cases: 10, labeled: 2, val: 4, test: 4}"), "");
  EXPECT_EQ(refusal("{size: [32, 32, 4], spacing: [1, 1, 2.5]}"), "");
  EXPECT_THAT(refusal("{kind: cardiak}"), HasSubstr("cardiac"));
  EXPECT_THAT(refusal("{cases: 10, labeled: 4, val: 4, test: 4}"), HasSubstr("12"));
  EXPECT_THAT(refusal("{size: [32, 32]}"), HasSubstr("x, y, z"));
  EXPECT_THAT(refusal("{size: [32, 0, 4]}"), HasSubstr("size"));
  EXPECT_THAT(refusal("{spacing: [1, -1, 1]}"), HasSubstr("spacing"));
  EXPECT_THAT(refusal("{noise: -1}"), HasSubstr("noise"));
}

}  // namespace
}  // namespace plexus
