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

TEST(Spade, NeighbourhoodsGiveWhatConvolutionsDo) {
  torch::manual_seed(2);
  Spade spade(1, 4, 6);
  for (const std::int64_t width : {24, 1}) {
    const auto mask = torch::rand({2, 1, 4, width == 1 ? 1 : 3}).gt(0.5).to(at::kFloat).repeat_interleave(8, 2).repeat_interleave(width == 1 ? 1 : 8, 3);
    const auto few = neighbourhoods(mask);
    ASSERT_TRUE(few.has_value());
    const auto made = spade.modulation(*few), plain = spade.modulation(mask, 32, width);
    EXPECT_TRUE(at::allclose(made.scale, plain.scale, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(made.shift, plain.shift, 1e-5, 1e-6));
    const auto gradients = [&](const Spade::Modulation& of) {
      spade.zero_grad();
      (of.scale.square().sum() + of.shift.square().sum()).backward();
      std::vector<at::Tensor> all;
      for (const auto& parameter : spade.parameters()) all.push_back(parameter.grad().clone());
      return all;
    };
    const auto a = gradients(made), b = gradients(plain);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::allclose(a[i], b[i], 1e-4, 1e-4)) << i;
  }
}

TEST(Spade, NeighbourhoodsAreOfBinaryMasksThatRepeat) {
  EXPECT_FALSE(neighbourhoods(torch::full({1, 1, 8, 8}, 0.5F)).has_value());
  EXPECT_FALSE(neighbourhoods(torch::ones({1, 2, 8, 8})).has_value());
  torch::manual_seed(2);
  EXPECT_FALSE(neighbourhoods(torch::rand({1, 1, 64, 64}).gt(0.5).to(at::kFloat)).has_value());
  EXPECT_EQ(neighbourhoods(torch::zeros({3, 1, 64, 64}))->patches.size(0), 9);  // inside, four sides, four corners
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
