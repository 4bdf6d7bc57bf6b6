#include <plexus/host/recipe.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/data/nifti_file.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/preprocess.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

Recipe recipe_of(const std::string& text, Plugins& plugins) {
  return Recipe(read_pipeline_text(text, "mine.yaml"), plugins, "mine");
}

class RecipeTest : public ::testing::Test {
 protected:
  Plugins plugins{{}};
};

TEST_F(RecipeTest, AllErrorsComeTogetherWithTheirPlaces) {
  test::expect_error(ErrorKind::configuration, {"mine.yaml:1", "did you mean 'steps'", "mine.yaml:3", "did you mean 'type'"},
                     [&] { recipe_of("stps: [min_max]\noutput:\n  tpe: int16\n", plugins); });
  test::expect_error(ErrorKind::configuration, {"mine.yaml:2", "low must be below high"},
                     [&] { recipe_of("steps:\n  - window: {low: 3, high: 2}\n", plugins); });
  test::expect_error(ErrorKind::configuration, {"{id}"}, [&] { recipe_of("steps: []\noutput: {image: one.nii}\n", plugins); });
  test::expect_error(ErrorKind::configuration, {"leaves the output folder"},
                     [&] { recipe_of("steps: []\noutput: {image: \"../{id}.nii\"}\n", plugins); });
}

TEST_F(RecipeTest, TheFingerprintIsOfResultsAlone) {
  const auto print = [&](const std::string& text) { return recipe_of(text, plugins).fingerprint(plugins); };
  const std::string plain = print("steps: [min_max]\n");
  EXPECT_EQ(plain, print("name: other\nseed: 5\ninput: {layout: bids}\nsteps:\n  - min_max: {}\n"));
  EXPECT_NE(plain, print("steps: [zscore]\n"));
  EXPECT_NE(plain, print("steps: [min_max]\noutput: {type: int16}\n"));
  const std::string drawn = print("seed: 1\nsteps: [random_flip]\n");
  EXPECT_NE(drawn, print("seed: 2\nsteps: [random_flip]\n"));
}

TEST_F(RecipeTest, HowFilesAreReadAndReferenceVolumesAreInTheFingerprint) {
  const test::TemporaryFolder folder;
  write_image(folder / "grid.nii", at::zeros({2, 3, 4}, at::kShort), Geometry{});
  const auto print = [&](const std::string& text) { return recipe_of(text, plugins).fingerprint(plugins); };
  const std::string plain = print("steps: [min_max]\n");
  EXPECT_EQ(plain, print("steps: [min_max]\ninput: {suffix: T1w, derivative: manual}\n"));
  EXPECT_NE(plain, print("steps: [min_max]\ninput: {on_shear: nearest}\n"));
  EXPECT_NE(plain, print("steps: [min_max]\ninput: {uneven: true}\n"));
  const std::string like = "steps: [{resample: {like: \"" + (folder / "grid.nii").string() + "\"}}]\n";
  const std::string before = print(like);
  EXPECT_EQ(recipe_of(like, plugins).voxels({10, 20, 30}, {1, 1, 1}).last, 24);
  write_image(folder / "grid.nii", at::ones({2, 3, 4}, at::kShort), Geometry{});
  EXPECT_NE(before, print(like)) << "the reference is another volume now";
  test::expect_error(ErrorKind::configuration, {"on_shear", "nearest"},
                     [&] { recipe_of("steps: []\ninput: {on_shear: closest}\n", plugins); });
}

TEST_F(RecipeTest, ScansAreReadAsTheRecipeSays) {
  const test::TemporaryFolder folder;
  NiftiHeader header;
  header.sform_code = 1;
  header.pixdim = {1, 1, 1, 2, 1, 1, 1, 1};
  header.srow = {{{1, 0.2, 0, -5}, {0, 1, 0.3, 7}, {0, 0, 2, 9}}};
  write_nifti_file(folder / "s.nii", at::arange(720, at::kFloat).view({8, 9, 10}), header);
  const FoundCases found = find_cases({(folder / "s.nii").string()});
  std::filesystem::create_directories(folder / "out");
  const auto job = case_jobs(found, {})[0];
  const Recipe strict = recipe_of("steps: []\n", plugins);
  const BatchWork refused = recipe_work(strict, found, folder / "out", "x");
  test::expect_error(ErrorKind::data, {"sheared", "--on-shear"}, [&] { refused.bytes(job); });
  test::expect_error(ErrorKind::data, {"sheared", "--on-shear"}, [&] { refused.run(job, false); });
  const Recipe lenient = recipe_of("steps: []\ninput: {on_shear: resample}\n", plugins);
  const BatchWork work = recipe_work(lenient, found, folder / "out", "x");
  EXPECT_GT(work.bytes(job), 0u);
  work.run(job, false);
  EXPECT_LT(shear_of(read_volume(folder.path() / "out/images/s.nii.gz").geometry), 1e-6);
}

TEST_F(RecipeTest, BothFilesOfAPairAreOutputs) {
  const test::TemporaryFolder folder;
  write_image(folder / "a.nii", at::arange(24, at::kFloat).view({2, 3, 4}), Geometry{});
  const FoundCases found = find_cases({(folder / "a.nii").string()});
  std::filesystem::create_directories(folder / "out");
  const auto job = case_jobs(found, {})[0];
  for (const std::string suffix : {"mhd", "nhdr", "hdr"}) {
    const Recipe recipe = recipe_of("steps: []\noutput: {image: \"{id}." + suffix + "\"}\n", plugins);
    const auto made = recipe_work(recipe, found, folder / "out", "x").run(job, false);
    ASSERT_EQ(made.outputs.size(), 2u) << suffix;
    for (const auto& output : made.outputs) EXPECT_TRUE(std::filesystem::exists(folder.path() / "out" / output)) << output;
  }
  // The voxels of others are not written over.
  std::filesystem::remove(folder.path() / "out/a.mhd");
  const Recipe recipe = recipe_of("steps: []\noutput: {image: \"{id}.mhd\"}\n", plugins);
  test::expect_error(ErrorKind::configuration, {"a.raw", "is there already"},
                     [&] { recipe_work(recipe, found, folder / "out", "x").run(job, false); });
}

TEST_F(RecipeTest, VoxelsAreToldFromSpacingAndSize) {
  const auto voxels = [&](const std::string& text) { return recipe_of(text, plugins).voxels({10, 20, 30}, {1, 2, 3}); };
  EXPECT_EQ(voxels("steps: [min_max]\n").most, 6000);
  EXPECT_EQ(voxels("steps:\n  - resample: {spacing: [0.5, 1, 1.5]}\n").most, 48000);
  const auto both = voxels("steps:\n  - resample: {spacing: [0.5, 1, 1.5]}\n  - resize: {size: [5, 5]}\n");
  EXPECT_EQ(both.most, 48000);
  EXPECT_EQ(both.last, 20 * 5 * 5);
}

TEST_F(RecipeTest, ImagesAndLabelsAreWrittenOnOneGrid) {
  const test::TemporaryFolder folder;
  Geometry place;
  place.known = true;
  place.spacing = {1, 2, 3};
  place.origin = {5, -7, 11};
  const auto image = at::arange(24, at::kShort).reshape({2, 3, 4});
  for (const std::string kind : {"images", "labels"}) std::filesystem::create_directories(folder.path() / kind);
  write_image(folder.path() / "images/a.nii.gz", image, place);
  write_label(folder.path() / "labels/a.nii.gz", image.gt(5).to(at::kByte), place);
  const FoundCases found = find_cases({folder.path().string()});
  const Recipe recipe =
      recipe_of("steps: [min_max]\noutput: {image: \"{id}_image.nii\", label: \"{id}_label.nii\"}\n", plugins);
  const BatchWork work = recipe_work(recipe, found, folder / "out", "x");
  const auto jobs = case_jobs(found, {});
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_GT(work.bytes(jobs[0]), 0u);
  std::filesystem::create_directories(folder / "out");
  const auto made = work.run(jobs[0], false);
  EXPECT_EQ(made.outputs, (std::vector<std::string>{"a_image.nii", "a_label.nii"}));
  EXPECT_FALSE(made.thumbnail.empty());
  const Volume written = read_volume(folder.path() / "out/a_image.nii"), label = read_volume(folder.path() / "out/a_label.nii");
  EXPECT_LT(corner_distance(written.geometry, place, image.sizes()), 1e-4);
  EXPECT_NEAR(written.data.max().item<float>(), 1, 1e-6);
  EXPECT_TRUE(at::equal(label.data[0].to(at::kBool), image.gt(5)));
  test::expect_error(ErrorKind::configuration, {"is there already"}, [&] { work.run(jobs[0], false); });
  EXPECT_NO_THROW(work.run(jobs[0], true));
}

TEST_F(RecipeTest, WholeNumbersAreRoundedAndKeptInRange) {
  const test::TemporaryFolder folder;
  write_image(folder / "a.nii", at::tensor({-3.0F, 1.5F, 2.4F, 300.0F}).reshape({1, 2, 2}), Geometry{});
  const FoundCases found = find_cases({(folder / "a.nii").string()});
  const Recipe recipe = recipe_of("steps: []\noutput: {type: uint8}\n", plugins);
  std::filesystem::create_directories(folder / "out");
  recipe_work(recipe, found, folder / "out", "x").run(case_jobs(found, {})[0], false);
  const auto data = read_volume(folder.path() / "out/images/a.nii.gz").data;
  EXPECT_EQ(data.scalar_type(), at::kByte);
  EXPECT_TRUE(at::equal(data.flatten(), at::tensor({0, 2, 2, 255}, at::kByte)));
}

}  // namespace
}  // namespace plexus
