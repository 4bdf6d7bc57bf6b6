#include <plexus/nn/guided_unet.hpp>

#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/nn/guided_attention.hpp>
#include <plexus/nn/guided_residual.hpp>
#include <plexus/nn/state_dict.hpp>

namespace plexus {
namespace {

GuidedUNetSettings small() {
  return {.in_channels = 3, .out_channels = 2, .model_channels = 32, .num_res_blocks = 1, .channel_mult = {1, 2},
          .attention_factors = {2}};
}

// Zeroed layers would hide every mistake behind them.
void scramble(torch::nn::Module& module) {
  torch::manual_seed(5);
  const at::NoGradGuard no_grad;
  for (auto& parameter : module.parameters()) parameter.uniform_(-0.1, 0.1);
}

std::int64_t count(const torch::nn::Module& module) {
  std::int64_t all = 0;
  for (const auto& parameter : module.parameters()) all += parameter.numel();
  return all;
}

TEST(GuidedUNet, HasTheFamilysNamesInOrder) {
  GuidedUNet network([] { auto s = small(); s.num_classes = 2; return s; }());
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_dict(network)) names.push_back(name);
  ASSERT_GT(names.size(), 10u);
  EXPECT_EQ(names.front(), "time_embed.0.weight");
  EXPECT_EQ(names[4], "label_emb.weight");
  EXPECT_EQ(names[5], "input_blocks.0.0.weight");
  EXPECT_EQ(names.back(), "out.2.bias");
  const auto has = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  EXPECT_TRUE(has("input_blocks.1.0.in_layers.0.weight"));
  EXPECT_TRUE(has("input_blocks.2.0.op.weight"));
  EXPECT_TRUE(has("input_blocks.3.0.skip_connection.weight"));
  EXPECT_TRUE(has("input_blocks.3.1.qkv.weight"));
  EXPECT_TRUE(has("middle_block.1.proj_out.bias"));
  EXPECT_TRUE(has("output_blocks.1.2.conv.weight"));
  EXPECT_TRUE(has("output_blocks.0.0.out_layers.3.weight"));
}

TEST(GuidedUNet, TheUpsamplingResidualFollowsTheAttention) {
  auto settings = small();
  settings.resblock_updown = true;
  GuidedUNet network(settings);
  bool found = false;
  for (const auto& [name, tensor] : state_dict(network)) found |= name == "output_blocks.1.2.in_layers.2.weight";
  EXPECT_TRUE(found);
}

// The configuration of 138 million parameters that the field trains at 256 x 256.
TEST(GuidedUNet, CountsTheParametersOfThePublishedConfiguration) {
  GuidedUNet network({.in_channels = 1,
                      .out_channels = 2,
                      .model_channels = 128,
                      .num_res_blocks = 2,
                      .channel_mult = {1, 1, 2, 2, 4, 4},
                      .attention_factors = attention_factors(256, "32,16,8"),
                      .num_heads = 4,
                      .num_head_channels = 64,
                      .use_scale_shift_norm = true,
                      .resblock_updown = true});
  EXPECT_EQ(count(network), 138283010);
  EXPECT_EQ(state_dict(network).size(), 566u);
  EXPECT_EQ(network.settings().multiple(), 32);
}

TEST(GuidedUNet, BeginsAsZero) {
  GuidedUNet network(small());
  const at::NoGradGuard no_grad;
  const auto out = network.forward(torch::randn({2, 3, 8, 8}), torch::tensor({1, 2}, at::kLong));
  EXPECT_EQ(out.sizes(), at::IntArrayRef({2, 2, 8, 8}));
  EXPECT_EQ(out.abs().max().item<double>(), 0);
}

TEST(GuidedUNet, OneTimeServesTheWholeBatch) {
  GuidedUNet network(small());
  scramble(network);
  const at::NoGradGuard no_grad;
  const auto x = torch::randn({3, 3, 8, 16});
  const auto one = network.forward(x, torch::tensor({7.5})), each = network.forward(x, torch::full({3}, 7.5));
  EXPECT_TRUE(at::allclose(one, each, 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(one, network.forward(x, torch::tensor({8.5})), 1e-5, 1e-6));
}

TEST(GuidedUNet, StartsFromTheStemAndLendsTheBottleneck) {
  GuidedUNet network(small());
  scramble(network);
  const at::NoGradGuard no_grad;
  const auto x = torch::randn({1, 3, 8, 8}), t = torch::tensor({3});
  const auto whole = network.forward(x, t);
  EXPECT_TRUE(at::equal(network.from_stem(network.stem()->forward(x), t), whole));
  std::vector<std::int64_t> channels;
  const auto same = network.forward(x, t, {}, [&](const at::Tensor& h, const std::vector<at::Tensor>& skips) {
    for (const auto& skip : skips) channels.push_back(skip.size(1));
    EXPECT_EQ(h.sizes(), at::IntArrayRef({1, 64, 4, 4}));
    return h;
  });
  EXPECT_TRUE(at::equal(same, whole));
  EXPECT_EQ(channels, network.skip_channels());
  EXPECT_EQ(channels, (std::vector<std::int64_t>{32, 32, 32, 64}));
  const auto other = network.forward(x, t, {}, [](const at::Tensor& h, const auto&) { return h + 1; });
  EXPECT_FALSE(at::allclose(other, whole, 1e-3, 1e-4));
}

TEST(GuidedUNet, AClassIsAddedWhereOneIsGiven) {
  auto settings = small();
  settings.num_classes = 2;
  GuidedUNet network(settings);
  scramble(network);
  const at::NoGradGuard no_grad;
  const auto x = torch::randn({1, 3, 8, 8}), t = torch::tensor({3});
  const auto first = network.forward(x, t, torch::tensor({0})), second = network.forward(x, t, torch::tensor({1}));
  EXPECT_FALSE(at::allclose(first, second, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(first, network.forward(x, t), 1e-4, 1e-5));
  EXPECT_THROW(GuidedUNet(small()).forward(x, t, torch::tensor({0})), std::logic_error);
}

TEST(GuidedUNet, GradientsReachEveryParameter) {
  GuidedUNet network(small());
  scramble(network);
  network.forward(torch::randn({1, 3, 8, 8}), torch::tensor({3})).square().sum().backward();
  for (const auto& item : network.named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

TEST(GuidedUNet, SaysWhatIsWrongWithSettings) {
  auto settings = small();
  settings.channel_mult = {1, 1.5};
  EXPECT_NE(settings.problem().find("48 channels"), std::string::npos);
  EXPECT_THROW(GuidedUNet{settings}, std::logic_error);
  settings = small();
  settings.num_heads = 3;
  EXPECT_NE(settings.problem().find("attention heads"), std::string::npos);
  settings.channel_mult = {};
  EXPECT_THROW(GuidedUNet{settings}, std::logic_error);
}

TEST(GuidedUNet, ReadsTheAuthorsOptions) {
  EXPECT_EQ(parse_channel_mult("1, 1,2"), (std::vector<double>{1, 1, 2}));
  EXPECT_EQ(parse_channel_mult("0.5,1"), (std::vector<double>{0.5, 1}));
  EXPECT_THROW(parse_channel_mult("1,two"), Error);
  EXPECT_THROW(parse_channel_mult("1,,2"), Error);
  EXPECT_EQ(attention_factors(256, "24,16"), (std::vector<std::int64_t>{10, 16}));
  EXPECT_TRUE(attention_factors(256, "").empty());
  EXPECT_THROW(attention_factors(256, "16;8"), Error);
}

TEST(GuidedResidual, ResamplesBothBranches) {
  using Resampling = GuidedResidualSettings::Resampling;
  const auto x = torch::randn({1, 32, 4, 6}), e = torch::randn({1, 8});
  const at::NoGradGuard no_grad;
  for (const auto& [kind, height] : {std::pair{Resampling::up, 8}, std::pair{Resampling::down, 2}}) {
    GuidedResidual block({.channels = 32, .embedding = 8, .out_channels = 64, .scale_shift = true, .resampling = kind});
    EXPECT_EQ(block.forward(x, e).sizes(), at::IntArrayRef({1, 64, height, height * 3 / 2}));
    GuidedResidual same({.channels = 32, .embedding = 8, .out_channels = 32, .resampling = kind});
    // The residual branch begins as nothing: what is left is the resampled input.
    EXPECT_TRUE(at::equal(same.forward(x, e), kind == Resampling::up ? doubled(x) : halved(x)));
  }
}

// Against the published arithmetic: q and k each times width^(-1/4), softmax over the keys.
TEST(GuidedAttention, BothOrdersFollowTheirDefinition) {
  const at::NoGradGuard no_grad;
  const auto x = torch::randn({2, 32, 2, 3});
  for (const bool new_order : {false, true}) {
    GuidedAttention layer({.channels = 32, .heads = 4, .new_order = new_order});
    scramble(layer);
    const auto out = layer.forward(x, {});
    const auto state = state_dict(layer);
    const auto tensor = [&](const std::string& name) {
      for (const auto& [key, value] : state) {
        if (key == name) return value;
      }
      throw std::logic_error(name);
    };
    const auto flat = x.view({2, 32, 6});
    const auto qkv = at::conv1d(at::group_norm(flat, 32, tensor("norm.weight"), tensor("norm.bias")), tensor("qkv.weight"),
                                tensor("qkv.bias"));
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < 4; ++head) {
      const auto part = [&](std::int64_t k) {
        return new_order ? qkv.narrow(1, 32 * k + 8 * head, 8) : qkv.narrow(1, 24 * head + 8 * k, 8);
      };
      const double scale = std::pow(8.0, -0.25);
      const auto weight = at::softmax(at::matmul((part(0) * scale).transpose(1, 2), part(1) * scale), -1);
      heads.push_back(at::matmul(part(2), weight.transpose(1, 2)));
    }
    const auto expected = flat + at::conv1d(at::cat(heads, 1), tensor("proj_out.weight"), tensor("proj_out.bias"));
    EXPECT_TRUE(at::allclose(out, expected.view(x.sizes()), 1e-4, 1e-5)) << new_order;
  }
  EXPECT_THROW(GuidedAttention({.channels = 32, .heads = 5}), std::logic_error);
}

TEST(GuidedNorm, HalfPrecisionIsNormalisedInFloat32) {
  auto norm = guided_norm(32);
  const at::NoGradGuard no_grad;
  const auto x = torch::randn({1, 32, 4, 4}) + 300;
  const auto half = guided_normalised(norm, x.to(at::kBFloat16));
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::allclose(half.to(at::kFloat), guided_normalised(norm, x.to(at::kBFloat16).to(at::kFloat)), 0.02, 0.02));
}

}  // namespace
}  // namespace plexus
