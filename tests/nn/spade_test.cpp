#include <plexus/nn/spade.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

TEST(Spade, ModulatesTheNormalisedInputByTheCondition) {
  torch::manual_seed(2);
  Spade spade(1, 4, 6);
  const auto x = torch::randn({2, 4, 8, 6}) * 3 + 1, mask = torch::rand({2, 1, 16, 12}).gt(0.5).to(at::kFloat);
  const auto modulation = spade.modulation(mask, 8, 6);
  const auto y = Spade::apply(x, modulation);
  const auto centred = x - x.mean({2, 3}, true);
  const auto normal = centred / (centred.square().mean({2, 3}, true) + 1e-5).sqrt();
  EXPECT_TRUE(at::allclose(y, normal * modulation.scale + modulation.shift, 1e-4, 1e-5));
}

TEST(Spade, TakesTheNearestPixelOfALargerCondition) {
  torch::manual_seed(2);
  Spade spade(1, 4, 6);
  const auto mask = torch::rand({1, 1, 8, 8}).gt(0.5).to(at::kFloat);
  const auto fine = mask.repeat_interleave(2, 2).repeat_interleave(2, 3);
  EXPECT_TRUE(at::equal(spade.modulation(fine, 8, 8).shift, spade.modulation(mask, 8, 8).shift));
}

TEST(SpadeBlock, OneConditionServesABatch) {
  torch::manual_seed(2);
  SpadeBlock block(1, 6, 4, 5);
  const auto x = torch::randn({3, 6, 8, 8}), mask = torch::rand({1, 1, 8, 8}).gt(0.5).to(at::kFloat);
  const auto shared = block.forward(x, block.modulations(mask, 8, 8));
  const auto own = block.forward(x, block.modulations(mask.expand({3, 1, 8, 8}).contiguous(), 8, 8));
  EXPECT_EQ(shared.sizes(), at::IntArrayRef({3, 4, 8, 8}));
  EXPECT_TRUE(at::allclose(shared, own, 1e-5, 1e-5));
}

TEST(SpadeBlock, GradientsReachTheEmbeddingOfTheCondition) {
  SpadeBlock block(1, 6, 4, 5);
  const auto mask = torch::rand({1, 1, 8, 8}).gt(0.5).to(at::kFloat);
  block.forward(torch::randn({1, 6, 8, 8}), block.modulations(mask, 8, 8)).square().mean().backward();
  for (const auto& parameter : block.named_parameters()) EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
}

}  // namespace
}  // namespace plexus
