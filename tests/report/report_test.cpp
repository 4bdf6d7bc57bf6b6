#include <plexus/report/report.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include <plexus/base/file.hpp>
#include <plexus/base/random.hpp>
#include <plexus/base/text.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::vector<Label> heart_labels{
    {0, "background", {}}, {1, "right ventricle", {}}, {2, "myocardium", {}}, {3, "left <ventricle>", {}}};

// A heart-like slice stack: [1, D, H, W] image, [D, H, W] truth, and a prediction shifted by `off` pixels.
Overlay sample_overlay(const std::string& name, double dice, double off) {
  const auto y = at::arange(96, at::kFloat).reshape({1, 96, 1}), x = at::arange(96, at::kFloat).reshape({1, 1, 96});
  const auto z = at::arange(5, at::kFloat).reshape({5, 1, 1});
  const auto size = 1 - (z - 2).abs() * 0.2;
  const auto disc = [&](double cy, double cx, double radius) {
    return ((y - cy).square() + (x - cx).square()).sqrt() < radius * size;
  };
  const auto heart = [&](double by) {
    auto label = at::zeros({5, 96, 96}, at::kLong);
    label.masked_fill_(disc(48 + by, 38, 17), 1).masked_fill_(disc(50 + by, 58, 20), 2).masked_fill_(disc(50 + by, 58, 12), 3);
    return label;
  };
  const auto truth = heart(0);
  const auto ripple = 0.15 * (y * 0.4).sin() * (x * 0.3).cos();
  const auto image = (0.2 + 0.2 * truth.to(at::kFloat) + ripple).unsqueeze(0);
  Geometry geometry;
  geometry.spacing = {1.4, 1.4, 8};
  return draw_overlay(name, dice, image, truth, heart(off), geometry, heart_labels);
}

void write_curves(const fs::path& folder, int steps, double speed) {
  std::string text = "step,epoch,series,value\n";
  Rng rng(static_cast<std::uint64_t>(steps));
  for (int step = 1; step <= steps; ++step) {
    const double done = static_cast<double>(step) / steps;
    text += std::to_string(step) + ",0,loss/supervised," + format_real(std::exp(-speed * done) + 0.08 + 0.05 * rng.uniform()) +
            "\n";
    text += std::to_string(step) + ",0,loss/rectify," + format_real(std::pow(10, -3 * done) * (0.6 + rng.uniform())) + "\n";
    text += std::to_string(step) + ",0,lr/segmenter," + format_real(0.01 * std::pow(1 - done, 0.9) + 1e-6) + "\n";
    if (step % (steps / 12) == 0)
      for (const Label& label : heart_labels)
        if (label.id)
          text += std::to_string(step) + ",0,val/dice/" + label.name + "," +
                  format_real(0.9 - std::exp(-speed * done) / static_cast<double>(label.id)) + "\n";
  }
  write_file(folder / "metrics.csv", text);
}

void write_cases(const fs::path& folder, double better) {
  std::string text = "case,label_id,label_name,metric,value,unit,rule,status\n";
  Rng rng(7);
  for (int c = 1; c <= 12; ++c)
    for (const Label& label : heart_labels) {
      if (label.id == 0) continue;
      const std::string head = "patient" + std::to_string(100 + c) + "," + std::to_string(label.id) + "," + label.name + ",";
      const double dice = 0.78 + better + 0.03 * static_cast<double>(label.id) + 0.05 * rng.normal();
      text += head + "dice," + format_real(std::min(dice, 0.99)) + ",,plain,ok\n";
      const bool empty = c == 5 && label.id == 2;
      text += head + "hd95," + (empty ? "nan" : format_real(3 + 4 * rng.uniform())) + ",mm,max-of-directions," +
              (empty ? "\"undefined: prediction empty, no surface\"" : "ok") + "\n";
    }
  write_file(folder / "cases.csv", text);
}

ReportInput sample(const fs::path& folder) {
  ReportInput input;
  input.title = "acdc-diffrect";
  input.folder = folder;
  input.labels = heart_labels;
  input.notes = {"14 of 100 listed volumes are there; <skip_missing> is on."};
  for (const char* name : {"diffrect", "supervised"}) {
    make_folder(folder / name);
    const bool first = input.trained.empty();
    write_curves(folder / name, first ? 3000 : 240, first ? 4 : 3);
    TrainedStage stage;
    stage.name = name;
    stage.folder = folder / name;
    stage.steps = first ? 3000 : 240;
    stage.seconds = 4210;
    stage.seconds_per_step = 1.37;
    stage.peak_bytes = 3u << 30;
    stage.best_score = 0.842;
    stage.best_step = 2750;
    input.trained.push_back(stage);
    for (int seed = 0; seed < 3; ++seed) {
      const auto place = folder / (std::string(name) + "-" + std::to_string(seed));
      make_folder(place);
      write_cases(place, (first ? 0.04 : 0) + 0.01 * seed);
      input.evaluated.push_back({place.filename().string(), place, name, "seed=" + std::to_string(seed), {}});
    }
  }
  input.evaluated.front().overlays = {sample_overlay("patient103", 0.94, 1), sample_overlay("patient107", 0.91, 2),
                                      sample_overlay("patient111", 0.71, 6), sample_overlay("patient105", 0.55, 11)};
  write_file(folder / "resolved.json",
             R"({"data": {"plugin": "acdc", "root": "/data/ACDC"}, "stages": [{"train": {"iterations": 3000}}]})");
  write_file(folder / "run.json",
             R"({"versions": {"plexus": "0.1.0", "torch": "2.11.0"}, "device": "cpu", "compute_threads": 2, "seed": 0,
    "command_line": ["plexus", "run", "pipelines/acdc-diffrect.yaml"], "status": "done"})");
  write_file(folder / "log.jsonl",
             "{\"time\":\"t\",\"level\":\"info\",\"text\":\"unseen\"}\n{\"time\":\"t\",\"level\":\"warning\",\"text\":\"pixdim "
             "repaired <b>\"}\n"
             "{\"time\":\"t\",\"level\":\"warning\",\"text\":\"pixdim repaired <b>\"}\n{\"time\":\"t\",\"lev");
  return input;
}

std::string written(const ReportInput& input) {
  write_report(input);
  return read_file(input.folder / "report.html");
}

// PLEXUS_KEEP_REPORT=FOLDER keeps the page, to look at it.
TEST(Report, IsOnePageWithAllOfTheRun) {
  const test::TemporaryFolder folder;
  const std::string html = written(sample(folder.path()));
  for (const char* part : {"acdc-diffrect",
                           "Comparison",
                           "Training: diffrect",
                           "Results: supervised-1",
                           "patient112",
                           "over 3 repetitions",
                           "median ",
                           "1 undefined",
                           "hd95 (mm)",
                           "max-of-directions",
                           "1.37 s",
                           "3.0 GiB",
                           "versions.torch",
                           "plexus run pipelines",
                           "/data/ACDC",
                           "pixdim repaired &lt;b&gt;",
                           "(2 times)",
                           "14 of 100",
                           "patient105, slice 2",
                           "Dice 0.550",
                           "tint: prediction"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_THAT(html, Not(HasSubstr("unseen")));
  if (const char* keep = std::getenv("PLEXUS_KEEP_REPORT")) write_file(fs::path(keep) / "report.html", html);
}

TEST(Report, FetchesNothingAndLetsNoTextBecomeMarkup) {
  const test::TemporaryFolder folder;
  ReportInput input = sample(folder.path());
  input.title = "<script>alert(1)</script>";
  input.evaluated[0].name = "'><img src=x>";
  const std::string html = written(input);
  EXPECT_THAT(html, Not(HasSubstr("http:")));
  EXPECT_THAT(html, Not(HasSubstr("https:")));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x>")));
  EXPECT_THAT(html, Not(HasSubstr("left <ventricle>")));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(Report, SaysWhatIsMissingInsteadOfStopping) {
  const test::TemporaryFolder folder;
  ReportInput input;
  input.title = "empty";
  input.folder = folder.path();
  EXPECT_THAT(written(input), HasSubstr("<h1>empty</h1>"));
  input.trained.emplace_back();
  input.trained[0].name = "gone";
  input.trained[0].folder = folder / "gone";
  input.evaluated.push_back({"none", folder / "none", "", "", {}});
  write_file(folder / "run.json", "[1, 2");
  write_file(folder / "resolved.json", "{broken");
  const std::string html = written(input);
  EXPECT_THAT(html, HasSubstr("none/cases.csv: cannot open"));
  EXPECT_THAT(html, HasSubstr("gone/metrics.csv: cannot open"));
  EXPECT_THAT(html, HasSubstr("run.json: is no JSON object"));
  EXPECT_THAT(html, HasSubstr("{broken"));
}

TEST(Report, MeasurementsByOtherRulesAreNotAveragedTogether) {
  const test::TemporaryFolder folder;
  ReportInput input = sample(folder.path());
  input.evaluated.clear();
  for (int seed = 0; seed < 2; ++seed)
    for (const std::string name : {"evaluate", "as-published"}) {
      const auto repetition = "seed=" + std::to_string(seed);
      const auto place = folder / (name + "@" + repetition);
      make_folder(place);
      write_cases(place, 0);
      input.evaluated.push_back({name + "@" + repetition, place, "diffrect", repetition, {}});
    }
  const std::string html = written(input);
  EXPECT_THAT(html, HasSubstr("diffrect, evaluate"));
  EXPECT_THAT(html, HasSubstr("diffrect, as-published"));
  EXPECT_THAT(html, HasSubstr("over 2 repetitions"));
  EXPECT_THAT(html, Not(HasSubstr("over 4 repetitions")));
}

TEST(Report, PlotsQualityAgainstSecondsOfOneModel) {
  const test::TemporaryFolder folder;
  ReportInput input = sample(folder.path());
  EXPECT_THAT(written(input), Not(HasSubstr("Quality against time")));
  double seconds = 0.5;
  for (auto& stage : input.evaluated) {
    stage.method = "ddim-" + std::to_string(static_cast<int>(seconds * 10));
    stage.curve = "ddim";
    stage.seconds_per_case = seconds *= 2;
  }
  const std::string html = written(input);
  EXPECT_THAT(html, HasSubstr("Quality against time"));
  EXPECT_THAT(html, HasSubstr("dice against seconds a case"));
  EXPECT_THAT(html, HasSubstr("ddim-40"));
}

TEST(Report, OneStageHasNoComparison) {
  const test::TemporaryFolder folder;
  ReportInput input = sample(folder.path());
  input.evaluated.resize(1);
  const std::string html = written(input);
  EXPECT_THAT(html, Not(HasSubstr("Comparison")));
  EXPECT_THAT(html, HasSubstr("over 12 cases"));
}

TEST(Report, LongRunsStaySmall) {
  const test::TemporaryFolder folder;
  ReportInput input = sample(folder.path());
  input.evaluated.clear();
  write_curves(folder / "diffrect", 30000, 4);
  EXPECT_LT(written(input).size(), 250000u);
}

}  // namespace
}  // namespace plexus
