#include <plexus/host/doctor.hpp>

#include <cstdlib>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;

std::map<std::string, Finding> findings_with(const std::vector<std::string>& plugin_files,
                                             const test::TemporaryFolder& folder) {
  setenv("XDG_DATA_HOME", folder.path().c_str(), 1);
  fs::create_directory(folder / "plugins");
  for (const auto& name : plugin_files)
    fs::copy_file(fs::path(PLEXUS_BUILD_DIR) / "tests/plugins" / name, folder / "plugins" / name);
  Plugins plugins({folder / "plugins"});
  std::map<std::string, Finding> by_subject;
  for (auto& finding : examine(plugins)) by_subject[finding.subject] = finding;
  return by_subject;
}

TEST(Doctor, LooksAtEverything) {
  const test::TemporaryFolder folder;
  const auto found = findings_with({"good.so"}, folder);
  for (const char* subject :
       {"Plexus", "LibTorch", "threads", "memory", "disk (here)", "disk (cache)", "GPU", "locale", "plugin good"})
    EXPECT_TRUE(found.count(subject)) << subject;
  EXPECT_NE(found.at("LibTorch").verdict, Verdict::problem);
  EXPECT_EQ(found.at("plugin good").verdict, Verdict::ok);
}

TEST(Doctor, ARefusedPluginIsAProblemWithAdvice) {
  const test::TemporaryFolder folder;
  const auto found = findings_with({"good.so", "bad_major.so", "throws.so"}, folder);
  EXPECT_EQ(found.at("plugin bad_major").verdict, Verdict::problem);
  EXPECT_THAT(found.at("plugin bad_major").text, ::testing::HasSubstr("build the plugin against this Plexus"));
  EXPECT_EQ(found.at("plugin throws").verdict, Verdict::problem);
  EXPECT_EQ(found.at("plugin good").verdict, Verdict::ok);
}

TEST(Doctor, MoreThreadsThanCoresIsAWarning) {
  const test::TemporaryFolder folder;
  setenv("PLEXUS_NUM_THREADS", "4000", 1);
  EXPECT_EQ(findings_with({}, folder).at("threads").verdict, Verdict::warning);
  unsetenv("PLEXUS_NUM_THREADS");
}

TEST(Doctor, NoPluginsIsAProblem) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(findings_with({}, folder).at("plugins").verdict, Verdict::problem);
}

}  // namespace
}  // namespace plexus
