#include <plexus/eval/slices.hpp>

#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

// Says class 1 where the first channel exceeds one half.
at::Tensor threshold(const at::Tensor& slices) {
  return at::cat({torch::full_like(slices.slice(1, 0, 1), 0.5), slices.slice(1, 0, 1)}, 1);
}

TEST(SegmentSlices, VolumesGoSliceBySlice) {
  const auto image = torch::rand({1, 5, 8, 8});
  std::vector<std::int64_t> sizes;
  const auto label = segment_slices(image, {.height = 8, .width = 8, .batch = 2}, [&](const at::Tensor& slices) {
    EXPECT_EQ(slices.sizes().slice(1), at::IntArrayRef({1, 8, 8}));
    sizes.push_back(slices.size(0));
    return threshold(slices);
  });
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{2, 2, 1}));
  EXPECT_EQ(label.scalar_type(), at::kLong);
  EXPECT_TRUE(at::equal(label, (image[0] > 0.5).to(at::kLong)));
}

TEST(SegmentSlices, ImagesHaveNoDepth) {
  const auto image = torch::rand({2, 8, 12});
  const auto label = segment_slices(image, {.height = 16, .width = 24}, threshold);
  EXPECT_EQ(label.sizes(), at::IntArrayRef({8, 12}));
}

TEST(SegmentSlices, BatchesDoNotChangeTheAnswer) {
  const auto image = torch::rand({1, 7, 20, 13});
  const auto one = segment_slices(image, {.height = 16, .width = 16, .batch = 1}, threshold);
  EXPECT_TRUE(at::equal(one, segment_slices(image, {.height = 16, .width = 16, .batch = 16}, threshold)));
}

TEST(SegmentSlices, PublishedBorderIsBackground) {
  const auto ones = torch::ones({1, 2, 216, 216});
  const auto repaired = segment_slices(ones, {}, threshold);
  EXPECT_TRUE(repaired.eq(1).all().item<bool>());
  const auto published = segment_slices(ones, {.border = ZoomBorder::zero}, threshold);
  EXPECT_TRUE(published.select(1, 215).eq(0).all().item<bool>());
  EXPECT_TRUE(published.slice(1, 0, 215).slice(2, 0, 215).eq(1).all().item<bool>());
}

TEST(SegmentSlices, LargeValuesAreScaledOverTheWholeCase) {
  auto image = torch::zeros({1, 2, 4, 4});
  image[0][1].fill_(1000);
  const auto scaled = segment_slices(image, {.height = 4, .width = 4}, threshold);
  EXPECT_TRUE(at::equal(scaled, (image[0] > 0).to(at::kLong)));
  const auto raw = segment_slices(image * 1e-6, {.height = 4, .width = 4}, threshold);
  EXPECT_TRUE(raw.eq(0).all().item<bool>());
}

TEST(SegmentCases, StacksRows) {
  const auto images = torch::rand({3, 1, 2, 8, 8});
  const auto labels = segment_cases(images, {.height = 8, .width = 8}, threshold);
  EXPECT_TRUE(at::equal(labels, (images.squeeze(1) > 0.5).to(at::kLong)));
}

TEST(SegmentSlices, RefusesOtherShapes) { EXPECT_THROW(segment_slices(torch::rand({4, 4}), {}, threshold), std::logic_error); }

}  // namespace
}  // namespace plexus
