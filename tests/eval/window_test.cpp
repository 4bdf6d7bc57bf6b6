#include <plexus/eval/window.hpp>

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/stop.hpp>
#include <support/expect_error.hpp>

namespace {

using plexus::slide_window;
using plexus::window_labels;
using plexus::window_starts;
using plexus::WindowSettings;
using Sizes = std::vector<std::int64_t>;

// A network that sees where in its window a voxel lies: two classes, the second's logit is the value plus a ramp.
at::Tensor ramp(const at::Tensor& patches) {
  const auto slope = torch::arange(patches.size(-1), patches.options()) * 0.1;
  const auto second = patches.select(1, 0) + slope;
  return at::stack({at::zeros_like(second), second}, 1);
}

// The plain way: everything held at once.
at::Tensor plain_scores(const at::Tensor& image, const WindowSettings& s) {
  auto sum = torch::zeros({2, image.size(1), image.size(2), image.size(3)}), count = torch::zeros_like(sum);
  for (const auto z : window_starts(image.size(1), s.patch[0], s.stride[0]))
    for (const auto y : window_starts(image.size(2), s.patch[1], s.stride[1]))
      for (const auto x : window_starts(image.size(3), s.patch[2], s.stride[2])) {
        const auto cut = [&](const at::Tensor& of) {
          return of.narrow(1, z, s.patch[0]).narrow(2, y, s.patch[1]).narrow(3, x, s.patch[2]);
        };
        cut(sum).add_(torch::softmax(ramp(cut(image).unsqueeze(0)), 1)[0]);
        cut(count).add_(1);
      }
  return sum / count;
}

TEST(Windows, BeginAtMultiplesAndEndAtTheBorder) {
  EXPECT_EQ(window_starts(10, 4, 3), (Sizes{0, 3, 6}));
  EXPECT_EQ(window_starts(11, 4, 3), (Sizes{0, 3, 6, 7}));
  EXPECT_EQ(window_starts(4, 4, 4), (Sizes{0}));
}

TEST(Windows, ScoresAreTheMeanWhateverTheBatch) {
  torch::manual_seed(1);
  const auto image = torch::randn({1, 13, 9, 11});
  WindowSettings settings{.patch = {5, 4, 6}, .stride = {2, 3, 4}};
  const auto expected = plain_scores(image, settings);
  for (const std::int64_t batch : {1, 3, 7, 1000}) {
    settings.batch = batch;
    std::vector<at::Tensor> planes;
    std::int64_t next = 0, most = 0;
    slide_window(image, settings, ramp, [&](std::int64_t first, const at::Tensor& scores) {
      EXPECT_EQ(first, next);
      next += scores.size(1);
      most = std::max(most, scores.size(1));
      planes.push_back(scores.clone());
    });
    EXPECT_EQ(next, 13);
    EXPECT_LE(most, 5);  // no more than a window's planes are held
    EXPECT_TRUE(torch::allclose(at::cat(planes, 1), expected, 1e-5, 1e-6)) << batch;
    EXPECT_TRUE(torch::equal(window_labels(image, settings, ramp), expected.argmax(0))) << batch;
  }
}

TEST(Windows, SmallImagesArePaddedAndCutBack) {
  const WindowSettings settings{.patch = {8, 4}, .stride = {4, 4}};
  EXPECT_EQ(plexus::window_margin({5, 9}, settings), (Sizes{2, 0}));
  EXPECT_EQ(plexus::window_margin({5, 5}, settings), (Sizes{2, 0}));
  EXPECT_EQ(plexus::window_margin({5, 4}, settings), (Sizes{2, 1}));
  EXPECT_EQ(plexus::window_margin({8, 9}, settings), (Sizes{0, 0}));
  auto flat = settings;
  flat.pad_equal = true;
  EXPECT_EQ(plexus::window_margin({8, 9}, flat), (Sizes{1, 0}));
  const auto sees = [](const at::Tensor& patches) { return at::stack({0.5 - patches.select(1, 0), patches.select(1, 0)}, 1); };
  const auto images = (torch::rand({2, 1, 5, 4}) > 0.5).to(at::kFloat);
  EXPECT_EQ(window_labels(images[0], settings, sees).sizes(), at::IntArrayRef({9, 6}));
  EXPECT_TRUE(torch::equal(plexus::segment_by_windows(images, settings, sees), images.squeeze(1).to(at::kLong)));
}

TEST(Windows, RefuseWhatDoesNotFit) {
  const auto image = torch::zeros({1, 8, 8});
  const auto refused = [&](const WindowSettings& settings, const std::string& why) {
    plexus::test::expect_error(plexus::ErrorKind::configuration, {why}, [&] { window_labels(image, settings, ramp); });
  };
  refused({.patch = {4, 4}, .stride = {5, 4}}, "leaves voxels");
  refused({.patch = {4, 4}, .stride = {4}}, "one stride");
  refused({.patch = {4, 4, 4}, .stride = {4, 4, 4}}, "do not fit an image of 2 axes");
}

TEST(Windows, StopWhenAsked) {
  plexus::request_stop(SIGINT);
  EXPECT_THROW(window_labels(torch::zeros({1, 8, 8}), {.patch = {4, 4}, .stride = {4, 4}}, ramp), plexus::Error);
  plexus::clear_stop();
}

}  // namespace
