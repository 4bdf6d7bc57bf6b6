#include <plexus/base/progress.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include <plexus/base/log.hpp>
#include <plexus/base/text.hpp>

#include "support/thrown.hpp"

namespace plexus {
namespace {

std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> all;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) all.push_back(nlohmann::json::parse(line));
  return all;
}

TEST(Progress, WritesJsonLinesForMachines) {
  set_progress_style(ProgressStyle::json);
  testing::internal::CaptureStderr();
  {
    Progress progress("train \"a\"", 10, "iterations", 4);
    progress.advance(2, "loss 0.5");
    progress.advance(4);
    progress.finish();
    progress.finish();
  }
  const auto lines = json_lines(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 2u);  // the first and the last
  EXPECT_EQ(lines[0]["progress"], "train \"a\"");
  EXPECT_EQ(lines[0]["done"], 6);
  EXPECT_EQ(lines[0]["total"], 10);
  EXPECT_EQ(lines[0]["note"], "loss 0.5");
  EXPECT_TRUE(lines[0]["seconds_left"].is_number());
  EXPECT_EQ(lines[1]["done"], 10);
  EXPECT_EQ(lines[1]["seconds_left"], 0.0);
}

TEST(Progress, AnUnknownTotalIsNull) {
  set_progress_style(ProgressStyle::json);
  testing::internal::CaptureStderr();
  Progress progress("read", 0, "files");
  progress.advance();
  const auto lines = json_lines(testing::internal::GetCapturedStderr());
  EXPECT_TRUE(lines.at(0)["total"].is_null());
  EXPECT_TRUE(lines.at(0)["seconds_left"].is_null());
}

TEST(Progress, PlainIsQuietForShortWork) {
  set_progress_style(ProgressStyle::plain);
  testing::internal::CaptureStderr();
  Progress progress("read", 1000, "files");
  for (int i = 0; i < 1000; ++i) progress.advance();
  progress.finish();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, KnowsNothingBeforeTheFirstAdvance) {
  set_progress_style(ProgressStyle::none);
  Progress progress("read", 1000, "files", 500);
  EXPECT_TRUE(std::isnan(progress.seconds_left()));
  progress.advance();
  const double seconds = progress.seconds();
  // 1 of 500 done in `seconds` or a little less
  EXPECT_GT(progress.seconds_left(), 0);
  EXPECT_GE(progress.seconds(), seconds);
}

TEST(Progress, CountsTheAdvancesOfAllThreads) {
  set_progress_style(ProgressStyle::json);
  testing::internal::CaptureStderr();
  Progress progress("read", 4000, "files");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) progress.advance();
    });
  for (auto& thread : threads) thread.join();
  progress.finish();
  EXPECT_EQ(json_lines(testing::internal::GetCapturedStderr()).back()["done"], 4000);
}

TEST(Progress, StylesAreReadByName) {
  EXPECT_EQ(parse_progress_style("auto"), ProgressStyle::automatic);
  EXPECT_EQ(parse_progress_style("json"), ProgressStyle::json);
  EXPECT_EQ(test::thrown([] { parse_progress_style("fancy"); }).kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace plexus
