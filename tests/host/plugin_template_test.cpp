#include <plexus/host/plugin_template.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(PluginTemplate, FillsTheNameInFilesAndPaths) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "plugin_template";
  std::filesystem::remove_all(folder);
  for (const auto& kind : plexus::template_kinds()) {
    const auto files = plexus::write_template(kind, "my_" + kind, folder / kind);
    EXPECT_THAT(files, Contains("my_" + kind + ".cpp"));
    EXPECT_THAT(files, Contains("my_" + kind + "_test.cpp"));
    EXPECT_THAT(files, Contains("CMakeLists.txt"));
    for (const auto& file : files) EXPECT_THAT(plexus::read_file(folder / kind / file), Not(HasSubstr("@name@"))) << file;
  }
  std::filesystem::remove_all(folder);
}

TEST(PluginTemplate, RefusesNamesThatWouldNotCompile) {
  for (const char* name : {"", "My", "2d", "a-b", "std", "class", "a b", "../x"})
    EXPECT_THROW(plexus::write_template("step", name, testing::TempDir() + "/never"), plexus::Error) << name;
  EXPECT_FALSE(std::filesystem::exists(testing::TempDir() + "/never"));
}

TEST(PluginTemplate, OverwritesNothing) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "plugin_template_taken";
  std::filesystem::create_directories(folder);
  plexus::write_file(folder / "mine", "x");
  EXPECT_THROW(plexus::write_template("step", "mine", folder), plexus::Error);
  std::filesystem::remove_all(folder);
}

// The method that an author starts from stays small.
TEST(PluginTemplate, AMethodHasAtMost120LinesOfCode) {
  for (const auto& [path, content] : plexus::shipped_templates())
    if (path == "method/@name@.cpp") EXPECT_LE(std::count(content.begin(), content.end(), '\n'), 120);
}

}  // namespace
