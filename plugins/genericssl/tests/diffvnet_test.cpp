#include "diffvnet.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/nn/state_dict.hpp>

namespace plexus::genericssl {
namespace {

DiffVNetSettings tiny(int dimensions, const std::string& normalization = "batchnorm") {
  DiffVNetSettings settings;
  settings.classes = 3;
  settings.filters = normalization == "groupnorm" ? 16 : 2;
  settings.blocks.dimensions = dimensions;
  settings.blocks.normalization = normalization;
  settings.sample_steps = 4;
  return settings;
}

at::Tensor image(int dimensions, std::int64_t channels) {
  std::vector<std::int64_t> shape{2, channels};
  for (int axis = 0; axis < dimensions; ++axis) shape.push_back(axis == 0 ? 32 : 16);
  return torch::rand(shape);
}

TEST(DiffVNet, SamplesAsTheChainOfItsDenoiser) {
  for (const int dimensions : {2, 3}) {
    torch::manual_seed(dimensions);
    DiffVNet network(tiny(dimensions));
    network.eval();
    const auto seen = image(dimensions, 1), noise = image(dimensions, 3) * 4 - 2;
    const at::NoGradGuard no_grad;
    const auto chain = diffusion::ddim(network.sampling(),
                                       [&](const at::Tensor& x, const at::Tensor& t) { return network.denoise(x, t, seen); },
                                       noise, {.clip = diffusion::DdimSettings::Clip::start});
    const auto sampled = network.sample(seen, noise);
    EXPECT_TRUE(torch::allclose(sampled, chain, 1e-4, 1e-5)) << dimensions;
    EXPECT_LE(sampled.abs().max().item<float>(), 1);
  }
}

TEST(DiffVNet, EveryNormalisationTrainsInPlaceSafely) {
  for (const auto* normalization : {"batchnorm", "groupnorm", "instancenorm", "none"}) {
    torch::manual_seed(1);
    DiffVNet network(tiny(2, normalization));
    // Two 32 x 16 images leave several values a channel on every level but the deepest, which instance norm cannot take.
    const auto seen = std::string(normalization) == "instancenorm" ? torch::rand({2, 1, 64, 32}) : image(2, 1);
    auto shape = seen.sizes().vec();
    shape[1] = 3;
    const auto t = torch::tensor({3, 900}, at::kLong);
    const auto loss = network.denoise(torch::randn(shape), t, seen).square().mean() + network.psi(seen).square().mean() +
                      network.theta(seen).square().mean();
    loss.backward();
    for (const auto& parameter : network.parameters()) {
      if (parameter.grad().defined()) {
        EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>()) << normalization;
      }
    }
  }
}

// The gradient of the in-place stages is that of the function.
TEST(DiffVNet, StagesHaveTheRightGradient) {
  torch::manual_seed(5);
  BlockSettings settings{.dimensions = 2, .dropout = 0};
  Stages stages(settings, 2, 1, 2, true);
  stages.to(at::kDouble);
  const auto time = torch::randn({1, kTimeWidth}, at::kDouble);
  const auto x = torch::randn({2, 1, 5, 4}, at::kDouble).requires_grad_(true);
  const auto cotangent = torch::randn({2, 2, 5, 4}, at::kDouble);
  const auto value = [&](const at::Tensor& at) { return (stages.forward(at, time) * cotangent).sum(); };
  value(x).backward();
  const at::NoGradGuard no_grad;
  const double step = 1e-6;
  for (const std::int64_t place : {0, 7, 33}) {
    auto up = x.detach().clone(), down = x.detach().clone();
    up.flatten()[place] += step;
    down.flatten()[place] -= step;
    const double slope = (value(up) - value(down)).item<double>() / (2 * step);
    EXPECT_NEAR(x.grad().flatten()[place].item<double>(), slope, 1e-5 * std::max(1.0, std::abs(slope)));
  }
}

TEST(DiffVNet, TwentyFourParametersNeverGetAGradient) {
  torch::manual_seed(2);
  DiffVNet network(tiny(3));
  const auto seen = image(3, 1);
  const auto t = torch::tensor({3, 900}, at::kLong);
  (network.denoise(image(3, 3), t, seen).mean() + network.psi(seen).mean() + network.theta(seen).mean()).backward();
  std::int64_t all = 0, without = 0;
  for (const auto& parameter : network.parameters()) {
    ++all;
    without += parameter.grad().defined() ? 0 : 1;
  }
  EXPECT_EQ(all, 298);
  EXPECT_EQ(without, 24);
  EXPECT_EQ(state_dict(network).size(), 466U);
}

TEST(DiffVNet, PublishedSizes) {
  const auto parameters = [](const DiffVNetSettings& settings) {
    std::int64_t count = 0;
    DiffVNet network(settings);
    for (const auto& parameter : network.parameters()) count += parameter.numel();
    return count;
  };
  EXPECT_EQ(parameters({}), 57'891'910);
  DiffVNetSettings flat;
  flat.classes = 4;
  flat.blocks.dimensions = 2;
  EXPECT_EQ(parameters(flat), 22'609'484);
}

TEST(DiffVNet, RefusesUnknownNormalisations) {
  EXPECT_THROW(DiffVNet(tiny(2, "batchnrm")), Error);
  auto uneven = tiny(2, "groupnorm");
  uneven.filters = 8;
  EXPECT_THROW(DiffVNet{uneven}, Error);
}

}  // namespace
}  // namespace plexus::genericssl
