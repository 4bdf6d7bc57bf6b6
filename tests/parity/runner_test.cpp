// Tests of the runner's own pieces: the fill rule, the case reader, the comparison.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <plexus/nn/blocks.hpp>

#include "case.hpp"
#include "compare.hpp"
#include "fill.hpp"

namespace plexus::parity {
namespace {

using nlohmann::json;

TEST(Fill, FollowsTheRule) {
  // Figures of the rule's definition in another language.
  EXPECT_DOUBLE_EQ(Fill("image")(0), 0.026502110762521625);
  EXPECT_DOUBLE_EQ(Fill("image")(1), 0.4734101500362158);
  EXPECT_DOUBLE_EQ(Fill("image")(12345678), 0.1720533766783774);
  EXPECT_DOUBLE_EQ(Fill("encoder.in_conv.conv_conv.0.weight")(7), 0.8553308562841266);
  EXPECT_DOUBLE_EQ(Fill("")(0), 0.0);
}

TEST(Fill, MakesEveryKindOfInput) {
  const auto uniform = make_input("image", json::parse(R"({"shape": [2, 1], "kind": "uniform", "low": -1, "high": 3})"));
  EXPECT_EQ(uniform.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(uniform[0][0].item<float>(), static_cast<float>(-1 + 4 * 0.026502110762521625));
  const auto label = make_input("image", json::parse(R"({"shape": [2], "kind": "label", "classes": 4})"));
  EXPECT_TRUE(at::equal(label, torch::tensor({0, 1}, at::kLong)));
  const auto whole = make_input("x", json::parse(R"({"shape": [2, 1], "kind": "values", "data": [3, 4]})"));
  EXPECT_EQ(whole.scalar_type(), at::kLong);
  const auto real = make_input("x", json::parse(R"({"shape": [2], "kind": "values", "data": [3, 4.5]})"));
  EXPECT_EQ(real.scalar_type(), at::kFloat);
  const auto normal = make_input("x", json::parse(R"({"shape": [4000], "kind": "normal"})"));
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.1);
  EXPECT_NEAR(normal.std().item<double>(), 1, 0.1);
  EXPECT_THROW(make_input("x", json::parse(R"({"shape": [1], "kind": "gamma"})")), std::runtime_error);
}

TEST(Fill, GivesEachParameterItsRange) {
  ConvBlock block(2, 3, 0.0);
  const auto entries = fill_module(block);
  EXPECT_EQ(entries.front().first, "conv_conv.0.weight");
  EXPECT_EQ(entries.front().second, (std::vector<std::int64_t>{3, 2, 3, 3}));
  const auto parameters = block.named_parameters();
  const auto buffers = block.named_buffers();
  EXPECT_LE(parameters["conv_conv.0.weight"].abs().max().item<double>(), std::sqrt(3.0 / 18));
  EXPECT_LE((parameters["conv_conv.1.weight"] - 1).abs().max().item<double>(), 0.1001);
  EXPECT_LE(parameters["conv_conv.1.bias"].abs().max().item<double>(), 0.1001);
  EXPECT_LE((buffers["conv_conv.1.running_var"] - 1).abs().max().item<double>(), 0.1001);
  EXPECT_NE(buffers["conv_conv.1.running_mean"].abs().max().item<double>(), 0);
}

TEST(Case, FindsInputsByRole) {
  Case given;
  given.inputs = {
      {"tr.image", torch::ones({1})}, {"f.step1.t", torch::full({1}, 2)}, {"x@a", torch::full({1}, 3)}, {"b.x", {}}};
  EXPECT_EQ(given.input("image").item<int>(), 1);
  EXPECT_EQ(given.input("step1.t").item<int>(), 2);
  EXPECT_TRUE(given.has_input("t"));
  EXPECT_FALSE(given.has_input("mage"));
  EXPECT_THROW(given.input("label"), std::runtime_error);
  EXPECT_THROW(given.input("x"), std::runtime_error);
}

TEST(Case, FilesThatAreNoCasesAreRefused) {
  const auto path = std::filesystem::path(testing::TempDir()) / "plexus_no_case.json";
  for (const auto* content : {"", "{", "[]", R"({"case": "x"})"}) {
    std::ofstream(path) << content;
    EXPECT_ANY_THROW(read_case(path)) << content;
  }
  std::filesystem::remove(path);
  EXPECT_ANY_THROW(read_case(path));
}

json content() {
  return json::parse(R"({"tolerance": 0.01, "parameters": [["w", [2]]], "outputs": {"y": {"shape": [2], "mean": 2.0,
    "std": 1.0, "min": 1.0, "max": 3.0, "samples": [[0, 1.0], [1, 3.0]]}}, "steps": [{"loss": 0.5}]})");
}

Outcome outcome() {
  Outcome made;
  made.outputs["y"] = torch::tensor({1.0, 3.0});
  made.parameters[""] = {{"w", {2}}};
  made.steps = {{{"loss", 0.5}}};
  return made;
}

TEST(Compare, PassesEqualFigures) {
  const auto verdict = compare(content(), outcome());
  EXPECT_TRUE(verdict.passed);
  EXPECT_EQ(verdict.worst, 0);
  EXPECT_EQ(verdict.problem, "");
}

TEST(Compare, NamesTheWorstFigure) {
  auto ours = outcome();
  ours.outputs["y"] = torch::tensor({1.0, 3.1});
  const auto verdict = compare(content(), ours);
  EXPECT_FALSE(verdict.passed);
  EXPECT_NEAR(verdict.worst, 0.1, 1e-6);
  EXPECT_TRUE(verdict.where == "y.max" || verdict.where == "y[1]") << verdict.where;
}

TEST(Compare, FailsOnNamesShapesTermsAndAbsence) {
  const auto problem = [](const auto& spoil) {
    auto ours = outcome();
    spoil(ours);
    const auto verdict = compare(content(), ours);
    EXPECT_FALSE(verdict.passed);
    return verdict.problem;
  };
  EXPECT_EQ(problem([](Outcome& o) { o.parameters[""] = {{"v", {2}}}; }), "parameters: entry 0 is v [2] instead of w [2]");
  EXPECT_EQ(problem([](Outcome& o) { o.parameters.clear(); }), "parameters lack w");
  EXPECT_EQ(problem([](Outcome& o) { o.parameters[""].push_back({"u", {}}); }), "parameters hold one too many: u");
  EXPECT_EQ(problem([](Outcome& o) { o.outputs["y"] = torch::ones({1, 2}); }), "output y is [1, 2] instead of [2]");
  EXPECT_EQ(problem([](Outcome& o) { o.outputs.clear(); }), "no output 'y'");
  EXPECT_EQ(problem([](Outcome& o) { o.steps[0].clear(); }), "step 0 has no term 'loss'");
  EXPECT_EQ(problem([](Outcome& o) { o.steps.clear(); }), "0 steps instead of 1");
}

TEST(Compare, NotANumberFails) {
  auto ours = outcome();
  ours.steps[0]["loss"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(compare(content(), ours).passed);
  ours = outcome();
  ours.outputs["y"] = torch::tensor({1.0, std::numeric_limits<double>::quiet_NaN()});
  EXPECT_FALSE(compare(content(), ours).passed);
}

TEST(Compare, ScalarsAreMeasuredByTheirOwnSize) {
  const auto large = json::parse(R"({"tolerance": 0.01, "outputs": {"y": {"shape": [1], "mean": 1000.0, "std": 0.0,
    "min": 1000.0, "max": 1000.0, "samples": [[0, 1000.0]]}}})");
  Outcome ours;
  ours.outputs["y"] = torch::tensor({1009.0});
  EXPECT_TRUE(compare(large, ours).passed);
  ours.outputs["y"] = torch::tensor({1011.0});
  EXPECT_FALSE(compare(large, ours).passed);
}

}  // namespace
}  // namespace plexus::parity
