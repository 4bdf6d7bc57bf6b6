#include <plexus/data/luma.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

TEST(Luma, WeighsColoursAsPillowDoes) {
  const auto colours = torch::tensor({{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 1}}, torch::kByte).t();
  EXPECT_TRUE(torch::equal(luma_8_bit(colours), torch::tensor({76, 150, 29, 255, 0}, torch::kLong)));
}

}  // namespace
}  // namespace plexus
