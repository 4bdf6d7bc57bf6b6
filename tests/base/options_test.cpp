#include <plexus/base/options.hpp>

#include <gmock/gmock.h>

#include <filesystem>

#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>

#include "support/thrown.hpp"

namespace plexus {
namespace {

using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

struct Settings {
  bool fast = false;
  int steps = 10;
  std::int64_t iterations = 30000;
  double confidence = 0.8;
  std::string schedule = "cosine", root;
  std::vector<std::int64_t> size{64, 64};
  std::vector<double> rates{0.1};
  std::vector<std::string> subsets{"train"};
  Node model;
  std::vector<Node> metrics;
  Options options;

  Settings() {
    options.add("fast", fast, "leave out the slow part");
    options.add("timesteps", steps, "of the diffusion").range(1, 1000).alias("T");
    options.add("iterations", iterations, "optimiser steps").range(1).unit("iterations");
    options.add("confidence", confidence, "pseudo-label threshold").range(0, 1);
    options.add("schedule", schedule, "noise schedule").one_of({"linear", "cosine"});
    options.add("root", root, "where the data lie").path();
    options.add("size", size, "of a slice").range(1);
    options.add("rates", rates, "of the averages");
    options.add("subsets", subsets, "to read").one_of({"train", "val"});
    options.add("model", model, "passed on");
    options.add("metrics", metrics, "passed on");
  }
  void apply(const std::string& yaml) { options.apply(read_pipeline_text(yaml, "acdc-diffrect.yaml"), "trainer diffrect"); }
};

TEST(Options, BindEveryType) {
  Settings s;
  s.apply(
      "fast: yes\ntimesteps: 20\niterations: 5000000000\nconfidence: 1e-1\nschedule: linear\nsize: [32, 16]\nrates: [inf, 1]\n"
      "subsets: [val, train]\nmodel: {plugin: unet, deep: {a: 1}}\nmetrics: [dice, {hd95: {rule: medpy}}]\n");
  EXPECT_TRUE(s.fast);
  EXPECT_EQ(s.steps, 20);
  EXPECT_EQ(s.iterations, 5000000000);
  EXPECT_EQ(s.confidence, 0.1);
  EXPECT_EQ(s.schedule, "linear");
  EXPECT_THAT(s.size, ElementsAre(32, 16));
  EXPECT_THAT(s.rates, ElementsAre(std::numeric_limits<double>::infinity(), 1));
  EXPECT_THAT(s.subsets, ElementsAre("val", "train"));
  EXPECT_EQ(s.model.find("deep")->find("a")->text(), "1");
  EXPECT_EQ(s.metrics.size(), 2u);
}

TEST(Options, TypesComeFromTheOptionNotFromTheSpelling) {
  Settings s;
  s.apply("root: \"007\"\nsubsets: val\nsize: 8\nconfidence: \"0.5\"\n");
  EXPECT_THAT(s.root, testing::EndsWith("/007"));
  EXPECT_THAT(s.subsets, ElementsAre("val"));  // one stands for a list of one
  EXPECT_THAT(s.size, ElementsAre(8));
  EXPECT_EQ(s.confidence, 0.5);
}

TEST(Options, DescribeThemselves) {
  const Settings s;
  const Option& option = *s.options.find("T");
  EXPECT_EQ(option.name, "timesteps");
  EXPECT_EQ(option.type, "int");
  EXPECT_EQ(option.initial.text(), "10");
  EXPECT_EQ(option.low, 1);
  EXPECT_EQ(s.options.find("size")->type, "[int]");
  EXPECT_EQ(s.options.find("metrics")->type, "[map]");
  EXPECT_EQ(s.options.find("iterations")->unit_text, "iterations");
  EXPECT_EQ(s.options.find("timestep"), nullptr);
}

TEST(Options, AnUnknownKeyNamesTheNearest) {
  Settings s;
  EXPECT_EQ(message_of([&] { s.apply("fast: no\n  \ntimestep: 5\n"); }),
            "acdc-diffrect.yaml:3:1: no option 'timestep'; did you mean 'timesteps'?");
}

TEST(Options, AnUnknownKeyFarFromAllListsThem) {
  Settings s;
  EXPECT_THAT(message_of([&] { s.apply("qwertz: 5\n"); }),
              HasSubstr("no option 'qwertz'; its options are fast, timesteps, T, iterations"));
}

TEST(Options, EveryFaultIsReportedWithItsPlace) {
  Settings s;
  try {
    s.apply(
        "confidence: 1.5\ntimesteps: many\niterations: 1e4\nfast: 1\nschedule: cosin\nsize: [1, x]\nrates: {a: 1}\nsubsets: "
        "[test]\n"
        "model: [unet]\nnothing: 1\nroot: [a]\nT: 5\n");
    FAIL();
  } catch (const Errors& errors) {
    EXPECT_EQ(errors.kind(), ErrorKind::configuration);
    EXPECT_THAT(
        split(errors.what(), '\n'),
        ElementsAre("acdc-diffrect.yaml:1:1: confidence = 1.5: outside [0, 1]",
                    "acdc-diffrect.yaml:2:1: timesteps: expected a whole number, not 'many'",
                    "acdc-diffrect.yaml:3:1: iterations: expected a whole number, not '1e4'",
                    "acdc-diffrect.yaml:4:1: fast: expected true or false, not '1'",
                    "acdc-diffrect.yaml:5:1: schedule = cosin: not one of linear, cosine; did you mean 'cosine'?",
                    "acdc-diffrect.yaml:6:1: size: expected a whole number, not 'x'",
                    "acdc-diffrect.yaml:7:1: rates: expected a list, not a map",
                    "acdc-diffrect.yaml:8:1: subsets = test: not one of train, val",
                    "acdc-diffrect.yaml:9:1: model: expected a name or a map, not a list",
                    testing::StartsWith("acdc-diffrect.yaml:10:1: no option 'nothing'"),
                    "acdc-diffrect.yaml:11:1: root: expected text, not a list",
                    "acdc-diffrect.yaml:12:1: 'T' and 'timesteps' are two names of one option; keep one of them"));
  }
}

TEST(Options, TheCommandLineWinsUnderWhicheverName) {
  std::int64_t steps = 1;
  Options options;
  options.add("timesteps", steps, "how many").alias("T");
  Node given = read_pipeline_text("T: 5\n", "f");
  set_value(given, "timesteps=7");
  options.apply(given, "x");
  EXPECT_EQ(steps, 7);
  EXPECT_EQ(options.resolved().find("timesteps")->origin(), "--set");
  Options others;
  others.add("timesteps", steps, "how many").alias("T");
  given = read_pipeline_text("timesteps: 5\n", "f");
  set_value(given, "T=9");
  others.apply(given, "x");
  EXPECT_EQ(steps, 9);
}

TEST(Options, RangesRefuseNanAndOverflow) {
  Settings s;
  EXPECT_THAT(message_of([&] { s.apply("confidence: nan\n"); }), HasSubstr("outside [0, 1]"));
  EXPECT_THAT(message_of([&] { s.apply("iterations: 0\n"); }), HasSubstr("outside [1, inf]"));
  EXPECT_THAT(message_of([&] { s.apply("iterations: 99999999999999999999\n"); }), HasSubstr("expected a whole number"));
  int small = 0;
  Options options;
  options.add("small", small, "");
  EXPECT_THAT(message_of([&] { options.apply(read_pipeline_text("small: 3000000000", "f"), "x"); }), HasSubstr("too large"));
}

TEST(Options, EmptyValuesAreRefusedWhereAValueIsNeeded) {
  Settings s;
  EXPECT_THAT(message_of([&] { s.apply("schedule:\n"); }), HasSubstr("not nothing"));
  EXPECT_THAT(message_of([&] { s.apply("confidence: ~\n"); }), HasSubstr("expected a number, not nothing"));
  EXPECT_NO_THROW(s.apply("model:\nmetrics:\nsize:\n"));
  EXPECT_TRUE(s.size.empty());
  EXPECT_THAT(message_of([&] { s.options.apply(Node::scalar("x"), "trainer diffrect"); }),
              HasSubstr("trainer diffrect: expected a map of options, not 'x'"));
}

TEST(Options, RequiredOnesMustBeGiven) {
  std::string root, other;
  Options options;
  options.add("root", root, "where the data lie").required();
  options.add("other", other, "").required();
  const std::string text = message_of([&] { options.apply(read_pipeline_text("{}", "f"), "data acdc"); });
  EXPECT_THAT(text, HasSubstr("f:1:1: data acdc needs the option 'root'; where the data lie"));
  EXPECT_THAT(text, HasSubstr("'other'"));
  EXPECT_NO_THROW(options.apply(read_pipeline_text("{root: a, other: b}", "f"), "data acdc"));
}

TEST(Options, RulesRunOnceAllIsBound) {
  int low = 0, high = 1;
  Options options;
  options.add("low", low, "");
  options.add("high", high, "");
  options.rule([&] { return low < high ? "" : "low must be below high"; });
  EXPECT_EQ(message_of([&] { options.apply(read_pipeline_text("{low: 5, high: 2}", "f"), "x"); }),
            "f:1:1: low must be below high");
  EXPECT_THAT(message_of([&] { options.apply(read_pipeline_text("{low: 5, high: z}", "f"), "x"); }),
              testing::Not(HasSubstr("must be below")));
}

struct WithPresets {
  int steps = 1;
  std::vector<std::int64_t> size{1};
  double lr = 0.1;
  Options options;
  WithPresets() {
    options.add("steps", steps, "");
    options.add("size", size, "");
    options.add("lr", lr, "");
    options.preset("reference", "as published", {{"steps", "30000"}, {"size", "[256, 256]"}});
    options.preset("quick", "for a try", {{"steps", "5"}});
  }
};

TEST(Presets, SetSeveralAndGiveWayToSingleKeys) {
  WithPresets p;
  p.options.apply(read_pipeline_text("steps: 7\npreset: reference\n", "f"), "x");
  EXPECT_EQ(p.steps, 7);
  EXPECT_THAT(p.size, ElementsAre(256, 256));
  const Node resolved = p.options.resolved();
  EXPECT_EQ(resolved.find("steps")->origin(), "f:1:1");
  EXPECT_EQ(resolved.find("size")->origin(), "preset reference");
  EXPECT_EQ(resolved.find("lr")->origin(), "default");
  EXPECT_EQ(resolved.find("preset")->text(), "reference");
}

TEST(Presets, UnknownOnesNameTheNearest) {
  WithPresets p;
  EXPECT_EQ(message_of([&] { p.options.apply(read_pipeline_text("preset: referense", "f"), "x"); }),
            "f:1:1: preset = referense: not one of none, reference, quick; did you mean 'reference'?");
  EXPECT_NO_THROW(p.options.apply(read_pipeline_text("preset: none", "f"), "x"));
  EXPECT_EQ(p.steps, 1);
}

TEST(OptionPaths, AreMeantFromTheFileThatSaysThem) {
  Settings s;
  s.options.apply(read_pipeline_text("root: ../data\n", "/some/pipelines/a.yaml"), "data");
  EXPECT_EQ(s.root, "/some/data");
  s.apply("root: /absolute\n");
  EXPECT_EQ(s.root, "/absolute");
}

TEST(OptionPaths, OfTheCommandLineAreMeantFromTheCurrentFolder) {
  Settings s;
  Node tree = read_pipeline_text("root: ../data\n", "/some/pipelines/a.yaml");
  set_value(tree, "root=here");
  s.options.apply(tree, "data");
  EXPECT_EQ(s.root, (std::filesystem::current_path() / "here").string());
}

TEST(Options, ResolvedReadsBackToTheSame) {
  Settings s;
  s.apply("fast: on\nconfidence: 0.1\nsize: [8]\nmodel: {a: [1, {b: c}]}\nroot: /d\nrates: [1e-9, inf]\n");
  Settings again;
  again.apply(s.options.resolved().json(2));
  EXPECT_EQ(again.options.resolved().json(), s.options.resolved().json());
  EXPECT_TRUE(again.fast);
  EXPECT_EQ(again.rates, s.rates);
}

TEST(Options, DeclaringANameTwiceIsAFaultOfTheProgram) {
  int value = 0;
  Options options;
  options.add("a", value, "").alias("b");
  EXPECT_THROW(options.add("b", value, ""), std::logic_error);
}

}  // namespace
}  // namespace plexus
