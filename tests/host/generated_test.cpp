#include <plexus/host/generated.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

Sample sample(const std::string& id, float value) {
  Sample one;
  one.id = one.case_id = id;
  one.fields = {{"image", torch::full({1, 2, 3}, value)}, {"shift", torch::full({1}, 2.5, at::kDouble)}};
  return one;
}

TEST(GeneratedDataset, SamplesOfOneSubsetAreForTraining) {
  const test::TemporaryFolder folder;
  SampleFolder out(folder.path(), {});
  out.write(sample("a", 1));
  out.write(sample("b", 2));
  out.finish();
  const GeneratedDataset data(folder.path());
  EXPECT_EQ(data.subsets(), (std::vector<std::string>{"labeled", "all"}));
  EXPECT_EQ(data.subset("labeled").size(), 2u);
  Rng rng;
  const auto read = data.get(1, rng);
  EXPECT_EQ(read.id, "b");
  EXPECT_TRUE(torch::equal(read.fields.at("image"), torch::full({1, 2, 3}, 2.0F)));
  EXPECT_EQ(read.fields.at("shift").item<double>(), 2.5);
}

TEST(GeneratedDataset, FurtherSubsetsKeepTheirName) {
  const test::TemporaryFolder folder;
  SampleFolder out(folder.path(), {});
  out.begin_subset("normal");
  out.write(sample("a", 1));
  out.begin_subset("val");
  out.write(sample("a", 3));  // one sample may be of both
  out.write(sample("c", 4));
  out.finish();
  const GeneratedDataset data(folder.path());
  EXPECT_EQ(data.subset("all"), std::vector<std::size_t>{0});
  EXPECT_EQ(data.subset("val"), (std::vector<std::size_t>{1, 2}));
  Rng rng;
  EXPECT_EQ(data.get(0, rng).fields.at("image").max().item<float>(), 1);
  EXPECT_EQ(data.get(1, rng).fields.at("image").max().item<float>(), 3);
  test::expect_error(ErrorKind::data, {"no subset 'vall'", "val"}, [&] { data.subset("vall"); });
}

TEST(GeneratedDataset, TellsPicturesFromWhatIsLearnt) {
  EXPECT_EQ(field_role("picture", torch::zeros({2, 2}, torch::kByte)), FieldRole::picture);
  EXPECT_EQ(field_role("picture_grid", torch::zeros({3, 2, 2}, torch::kByte)), FieldRole::picture);
  EXPECT_EQ(field_role("known", torch::zeros({1}, torch::kByte)), FieldRole::data);
  EXPECT_EQ(field_role("auc", torch::scalar_tensor(0.5)), FieldRole::number);
  EXPECT_EQ(picture_suffix("picture_grid"), "_grid");
}

}  // namespace
}  // namespace plexus
