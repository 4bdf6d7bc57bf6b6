#include <plexus/report/pictures.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <plexus/base/file.hpp>
#include <plexus/data/picture_read.hpp>
#include <plexus/report/report.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> steps_of(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::int64_t> steps;
  for (const auto& one : logged_pictures(folder))
    if (one.name == name) steps.push_back(one.step);
  return steps;
}

TEST(LoggedPictures, KeepTheLatestOfEachName) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(logged_pictures(folder.path()).empty());
  const auto grey = at::arange(12, at::kByte).reshape({3, 4});
  for (const std::int64_t step : {9, 10, 100, 11}) log_picture(folder.path(), "a_b", step, grey, 3);
  log_picture(folder.path(), "a", 5, grey, 3);
  write_file(folder / "pictures/notes_x.png", "not one of ours");
  EXPECT_THAT(steps_of(folder.path(), "a_b"), ElementsAre(10, 11, 100));
  EXPECT_THAT(steps_of(folder.path(), "a"), ElementsAre(5));
  EXPECT_TRUE(std::filesystem::exists(folder / "pictures/notes_x.png"));
}

TEST(LoggedPictures, HoldWhatWasGiven) {
  const test::TemporaryFolder folder;
  const auto colour = at::arange(24, at::kByte).reshape({2, 4, 3}) * 10;
  log_picture(folder.path(), "../up", 1, colour);
  const auto all = logged_pictures(folder.path());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].file.parent_path(), folder / "pictures");
  const auto read = read_png(all[0].file, true);
  EXPECT_EQ(read.numel(), 24);
  EXPECT_EQ(read.sum().item<std::int64_t>(), colour.sum().item<std::int64_t>());
}

TEST(LoggedPictures, TheReportShowsTheLatestOfEachName) {
  const test::TemporaryFolder folder;
  for (const std::int64_t step : {20, 40}) log_picture(folder.path(), "preview", step, at::zeros({4, 4}, at::kByte));
  write_file(folder / "metrics.csv", "step,epoch,series,value\n1,0,loss/a,1\n");
  ReportInput input;
  input.title = "pictures";
  input.folder = folder.path();
  input.trained.push_back({"train", folder.path()});
  write_report(input);
  const std::string html = read_file(folder / "report.html");
  EXPECT_THAT(html, ::testing::HasSubstr("preview, step 40"));
  EXPECT_THAT(html, ::testing::Not(::testing::HasSubstr("preview, step 20")));
}

}  // namespace
}  // namespace plexus
