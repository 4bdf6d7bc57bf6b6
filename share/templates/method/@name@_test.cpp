#include "@name@.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

plexus::DataInfo two_classes() {
  plexus::DataInfo info;
  info.dimensions = 2;
  info.labels = {{.id = 0, .name = "background"}, {.id = 1, .name = "object"}};
  return info;
}

TEST(Model, GivesOneScoreForEachClassAndPixel) {
  @name@::Model model({}, two_classes());
  EXPECT_EQ(model.logits(torch::zeros({3, 1, 20, 24})).sizes(), (std::vector<std::int64_t>{3, 2, 20, 24}));
}

TEST(Trainer, DrawsLabelledSamples) {
  @name@::Model model({}, two_classes());
  const auto phases = @name@::Trainer({}, model, two_classes()).phases();
  ASSERT_EQ(phases.size(), 1u);
  EXPECT_EQ(phases[0].streams.at(0).parts.at(0).subset, "labeled");
}

}  // namespace
