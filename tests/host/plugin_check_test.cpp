#include <plexus/host/plugin_check.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <plexus/base/descriptor.hpp>
#include <plexus/host/child.hpp>

namespace plexus {
namespace {

using ::testing::HasSubstr;

Offer offering(std::string kind, std::string name, std::function<void(Options&)> declare) {
  return {.plugin = "mine", .kind = std::move(kind), .name = std::move(name), .summary = "what it is", .options = [declare] {
            auto options = std::make_shared<Options>();
            declare(*options);
            return options;
          }};
}

// Members that options bind to; they outlive every Options made here.
std::int64_t whole = 3;
double real = 0.5;

Offer sound() {
  return offering("trainer", "sound", [](Options& options) {
    options.add("steps", whole, "How many.").range(1, 100);
    options.add("rate", real, "How fast.").range(0);
    options.preset("smoke", "few", {{"steps", "2"}});
  });
}

const CheckRow& named(const std::vector<CheckRow>& rows, const std::string& what) {
  for (const auto& row : rows)
    if (row.what == what) return row;
  throw std::logic_error("no row " + what);
}

TEST(PluginCheck, SoundOptionsPass) {
  for (const auto& row : check_options({sound()})) EXPECT_EQ(row.verdict, CheckVerdict::passed) << row.what << row.detail;
  EXPECT_TRUE(try_hostile_values({sound()}).empty());
}

TEST(PluginCheck, NamesWhatIsWrongWithOptions) {
  const auto offer = offering("model", "poor", [](Options& options) {
    options.add("silent", whole, "");
    options.add("steps", whole, "How many.").range(10, 100);
    options.preset("broken", "of another world", {{"nothing", "1"}});
  });
  const auto rows = check_options({offer});
  EXPECT_THAT(named(rows, "documented").detail, HasSubstr("poor.silent"));
  EXPECT_THAT(named(rows, "defaults").detail, HasSubstr("poor.steps"));
  EXPECT_THAT(named(rows, "presets").detail, HasSubstr("preset broken"));
  for (const auto& row : rows) EXPECT_EQ(row.verdict, CheckVerdict::failed) << row.what;
}

TEST(PluginCheck, HostileValuesThatEndInNoErrorAreNamed) {
  const auto offer = offering("model", "open", [](Options& options) {
    options.add("size", whole, "Of a table.");
    options.rule([] { return std::vector<int>(static_cast<std::size_t>(whole)).empty() ? "empty" : ""; });
  });
  const auto failed = try_hostile_values({offer});
  ASSERT_FALSE(failed.empty());
  EXPECT_THAT(failed.front(), HasSubstr("open.size = "));
  whole = 3;
}

TEST(PluginCheck, APluginExportsItsEntryPointsOnly) {
  const std::filesystem::path plugin = std::filesystem::path(PLEXUS_BUILD_DIR) / "tests/plugins/good.so";
  EXPECT_THAT(exported_symbols(plugin), ::testing::UnorderedElementsAre("plexus_plugin_register", "plexus_plugin_descriptor"));
  EXPECT_EQ(check_symbols(plugin).verdict, CheckVerdict::passed);
  const std::filesystem::path library = std::filesystem::path(PLEXUS_BUILD_DIR) / "lib/libplexus_base.so";
  EXPECT_EQ(check_symbols(library).verdict, CheckVerdict::failed);
}

TEST(PluginCheck, TrainsWhatHasThePresetSmoke) {
  auto model = offering("model", "sound", [](Options& options) { options.add("width", whole, "Channels."); });
  EXPECT_THAT(smoke_pipeline({model, sound()}), HasSubstr("name: sound, preprocess: [min_max], model: {plugin: mine.sound}, trainer: {plugin: mine.sound, preset: smoke}"));
  EXPECT_EQ(smoke_pipeline({model}), "");
}

// The child is this program.
TEST(RunChild, TellsHowItEnded) {
  const auto listed = run_child({"--gtest_list_tests"}, 60);
  EXPECT_EQ(listed.exit_code, 0);
  const auto late = run_child({"--gtest_filter=RunChild.DISABLED_Sleeps", "--gtest_also_run_disabled_tests"}, 0.3);
  EXPECT_TRUE(late.out_of_time);
  EXPECT_THAT(late.text(), HasSubstr("not done after"));
  const auto failed = run_child({"--gtest_filter=RunChild.DISABLED_Aborts", "--gtest_also_run_disabled_tests"}, 60);
  EXPECT_EQ(failed.signal, SIGABRT);
  EXPECT_THAT(failed.text(), HasSubstr("killed by signal 6"));
  EXPECT_THAT(failed.text(), HasSubstr("last words"));
}

TEST(RunChild, InterruptsWhenTheWatcherSaysSo) {
  std::vector<ChildProgress> seen;
  const auto end = run_child({"--gtest_filter=RunChild.DISABLED_Sleeps", "--gtest_also_run_disabled_tests"}, 60,
                             [&](const ChildProgress& now) {
                               seen.push_back(now);
                               return true;
                             });
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].title, "asleep");
  EXPECT_EQ(seen[0].done, 2);
  EXPECT_EQ(seen[0].total, 5);
  EXPECT_GT(seen[0].resident, 1U << 20);
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_GE(end.seconds_to_stop, 0);
  EXPECT_LT(end.seconds_to_stop, 5);
}

// Parts of the tests above, in processes of their own.
TEST(RunChild, DISABLED_Sleeps) {
  std::fputs("{\"progress\":\"asleep\",\"done\":2,\"total\":5,\"unit\":\"iterations\"}\n", stderr);
  ::sleep(30);
}
TEST(RunChild, DISABLED_Aborts) {
  std::fputs("last words", stderr);
  std::abort();
}

}  // namespace
}  // namespace plexus
