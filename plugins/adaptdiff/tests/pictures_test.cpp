#include "pictures.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus::adaptdiff {
namespace {

TEST(Pictures, AFinishedImageFillsTheGreyLevels) {
  const auto unit = unit_plane(torch::tensor({{{-0.5F, 0.0F}, {0.1F, 0.5F}}}));
  EXPECT_TRUE(at::allclose(unit, torch::tensor({{0.25F, 0.5F}, {0.55F, 0.75F}})));
  const auto picture = result_8_bit(unit);
  EXPECT_EQ(picture.scalar_type(), at::kByte);
  EXPECT_EQ(picture.min().item<std::int64_t>(), 0);
  EXPECT_EQ(picture.max().item<std::int64_t>(), 255);
  EXPECT_EQ(result_8_bit(torch::full({2, 2}, 0.3F)).max().item<std::int64_t>(), 0);  // a constant image is black, as published
}

TEST(Pictures, FramesKeepWhiteWhite) {
  for (int range = 1; range <= 255; ++range) {
    const auto frame = torch::tensor({{0, range}}, at::kByte);
    EXPECT_EQ(saved_frame(frame)[0][1].item<std::int64_t>(), 255) << range;
  }
  EXPECT_EQ(frame_8_bit(torch::zeros({1, 1, 2, 2}))[0][0].item<std::int64_t>(), 127);
}

TEST(Pictures, AgreementHasFourColours) {
  const auto colours = agreement_colours(torch::tensor({{1, 0}, {1, 0}}), torch::tensor({{1, 0}, {0, 1}}));
  const auto expected = torch::tensor({0, 0, 128, 255, 245, 238, 50, 205, 50, 220, 20, 60}, at::kByte).view({2, 2, 3});
  EXPECT_TRUE(at::equal(colours, expected));
}

}  // namespace
}  // namespace plexus::adaptdiff
