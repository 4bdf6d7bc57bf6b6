#include <plexus/nn/original.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "support/thrown.hpp"

namespace plexus {
namespace {

using testing::HasSubstr;

const TensorMap plain{{"conv.weight", torch::ones(2)}, {"conv.bias", torch::zeros(1)}};

std::vector<std::string> names(const TensorMap& state) {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : state) result.push_back(name);
  return result;
}

TEST(Original, OpensContainersInTurnAndTakesABareStateDict) {
  const Original original{"net", {"state_dict", "model", "ema.shadow"}, {}};
  EXPECT_EQ(names(original_state(plain, original)), names(plain));
  EXPECT_EQ(names(original_state(PickleValue::dict({{"epoch", 3}, {"model", plain}}), original)), names(plain));
  EXPECT_EQ(names(original_state(PickleValue::dict({{"ema", PickleValue::dict({{"shadow", plain}})}}), original)),
            names(plain));
}

TEST(Original, TakesOffThePrefixOfDataParallelOnlyWhereAllHaveIt) {
  const TensorMap all{{"module.a", torch::ones(1)}, {"module.b", torch::ones(1)}};
  EXPECT_THAT(names(original_state(all, {"net"})), testing::ElementsAre("a", "b"));
  const TensorMap some{{"module.a", torch::ones(1)}, {"b", torch::ones(1)}};
  EXPECT_THAT(names(original_state(some, {"net"})), testing::ElementsAre("module.a", "b"));
}

TEST(Original, RenamesInTurnAndLeavesOutEmptyNames) {
  const TensorMap state{{"old.a", torch::ones(1)}, {"old.b", torch::ones(1)}, {"loss.w", torch::ones(1)}};
  const Original original{"net", {}, {{"^old\\.", "new."}, {"^new\\.b$", "c"}, {"^loss\\..*", ""}}};
  EXPECT_THAT(names(original_state(state, original)), testing::ElementsAre("new.a", "c"));
  const Original clash{"net", {}, {{"\\.[ab]$", ".x"}}};
  EXPECT_THAT(test::message_of([&] { original_state(state, clash); }), HasSubstr("old.x"));
}

TEST(Original, SaysWhatAFileHoldsInstead) {
  const auto file = PickleValue::dict({{"epoch", 3}, {"weights", plain}});
  const auto error = test::thrown([&] { original_state(file, {"net", {"state_dict"}, {}}); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_THAT(error.message(), HasSubstr("epoch, weights, not state_dict"));
  EXPECT_THROW(original_state(PickleValue(3), {"net"}), Error);
  EXPECT_THROW(original_state(PickleValue::dict({}), {"net"}), Error);
}

TEST(Original, WritesWhatItReads) {
  const std::vector<Original> originals{
      {"one", {"A"}, {{"^enc\\.", "encoder."}}}, {"two", {"B", "other"}, {}}, {"three", {}, {}}, {"absent", {}, {}}};
  const std::map<std::string, TensorMap> networks{{"one", {{"encoder.w", torch::ones(1)}}}, {"two", plain}, {"three", plain}};
  const auto files = original_files(networks, originals);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].first, "one");
  EXPECT_EQ(names(files[0].second.at("A").tensors()), std::vector<std::string>{"enc.w"});
  EXPECT_EQ(names(original_state(files[0].second, originals[0])), std::vector<std::string>{"encoder.w"});
  EXPECT_EQ(names(original_state(files[0].second, originals[1])), names(plain));
  EXPECT_EQ(names(original_state(files[1].second, originals[2])), names(plain));
  EXPECT_THROW(original_files(networks, {{"two", {}, {{"a(b)", "$1"}}}}), Error);
}

}  // namespace
}  // namespace plexus
