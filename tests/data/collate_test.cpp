#include <plexus/data/collate.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace plexus {
namespace {

Sample sample(const std::string& id, std::int64_t size) {
  Sample s;
  s.id = id;
  s.fields["image"] = torch::rand({1, size, 4});
  s.fields["label"] = torch::ones({size, 4}, at::kByte);
  s.fields["picture"] = torch::ones({size, 4}, at::kByte);
  return s;
}

TEST(Collate, StacksFieldsAndKeepsIdentity) {
  const auto first = sample("a", 3), second = sample("b", 3);
  const auto batch = collate({first, second});
  EXPECT_EQ(batch["image"].sizes(), (at::IntArrayRef{2, 1, 3, 4}));
  EXPECT_TRUE(torch::equal(batch["image"][1], second.fields.at("image")));
  EXPECT_EQ(batch["label"].scalar_type(), at::kLong);
  EXPECT_EQ(batch["picture"].scalar_type(), at::kByte);
  EXPECT_EQ(batch.ids(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(batch.of[0].fields.empty());
}

TEST(Collate, NamesTheSampleThatDiffers) {
  test::expect_error(ErrorKind::data, {"b", "[1, 5, 4]", "'a' is [1, 3, 4]", "resize"}, [] {
    collate({sample("a", 3), sample("b", 5)});
  });
  auto without = sample("b", 3);
  without.fields.erase("label");
  test::expect_error(ErrorKind::data, {"b: has no field 'label'"}, [&] { collate({sample("a", 3), without}); });
  test::expect_error(ErrorKind::data, {"b: has no field 'label'"}, [&] { collate({without, sample("a", 3)}); });
}

}  // namespace
}  // namespace plexus
