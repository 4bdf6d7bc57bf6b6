#include "@name@.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

TEST(Step, RaisesImagesAndLeavesLabels) {
  plexus::Sample sample;
  sample.fields = {{"image", torch::full({1, 2, 2}, 0.25)}, {"label", torch::ones({2, 2}, torch::kUInt8)}};
  plexus::Rng rng;
  @name@::Step({.gamma = 0.5}).apply(sample, rng);
  EXPECT_FLOAT_EQ(sample.fields["image"].mean().item<float>(), 0.5f);
  EXPECT_EQ(sample.fields["label"].sum().item<std::int64_t>(), 4);
}

}  // namespace
