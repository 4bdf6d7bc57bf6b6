#include <plexus/host/plugin_watch.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/host/crash_guard.hpp>
#include <plexus/host/parts.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::Not;

// A folder with one of the plugins of tests/plugins.
class PluginWatchDeathTest : public ::testing::Test {
 protected:
  std::vector<std::filesystem::path> with(const std::string& name) {
    const auto built = std::filesystem::path(PLEXUS_BUILD_DIR) / "tests/plugins" / (name + ".so");
    std::filesystem::copy_file(built, folder_ / (name + ".so"));
    return {folder_.path()};
  }
  void SetUp() override {
    if (crash_signals().empty()) GTEST_SKIP() << "the sanitizer tells of crashes itself";
  }
  test::TemporaryFolder folder_;
};

TEST_F(PluginWatchDeathTest, AnAbortWhileThePluginIsLoadedIsPutDownToIt) {
  const auto folders = with("fatal_static");
  EXPECT_EXIT(Plugins(folders).open_all(), KilledBySignal(SIGABRT), "plugin 'fatal_static' .*fatal_static.so. crashed: signal 6");
}

TEST_F(PluginWatchDeathTest, AnExitInRegistrationIsPutDownToThePluginAndNoSuccess) {
  const auto folders = with("fatal_register");
  EXPECT_EXIT(Plugins(folders).open_all(), ExitedWithCode(exit_code(ErrorKind::plugin)),
              "plugin 'fatal_register' .*fatal_register.so. ended the program by exit.0.");
}

TEST_F(PluginWatchDeathTest, WhatEndsTheProgramInAConstructorIsPutDownToThePlugin) {
  const auto folders = with("fatal");
  EXPECT_EXIT(Plugins(folders).transform("aborts")->make(), KilledBySignal(SIGABRT), "plugin 'fatal' .* crashed: signal 6");
  EXPECT_EXIT(Plugins(folders).transform("exits")->make(), ExitedWithCode(exit_code(ErrorKind::plugin)),
              "plugin 'fatal' .* ended the program by exit.0.");
}

TEST_F(PluginWatchDeathTest, ACrashOnAnotherThreadIsPutDownToThePlugin) {
  const auto folders = with("fatal");
  const auto work = [&] {
    Plugins plugins(folders);
    const auto transform = plugins.transform("crashes")->make();
    std::thread([&] {
      Sample sample;
      Rng rng;
      transform->apply(sample, rng);
    }).join();
  };
  EXPECT_EXIT(work(), KilledBySignal(SIGSEGV), "plugin 'fatal' .* crashed: signal 11");
}

TEST_F(PluginWatchDeathTest, WhatNoPluginDidIsPutDownToNone) {
  const auto folders = with("good");
  const auto opened = [&](auto&& end) {
    Plugins plugins(folders);
    plugins.open_all();
    end();
  };
  EXPECT_EXIT(opened([] { std::abort(); }), KilledBySignal(SIGABRT), Not(HasSubstr("good")));
  EXPECT_EXIT(opened([] { std::exit(3); }), ExitedWithCode(3), Not(HasSubstr("good")));
}

TEST_F(PluginWatchDeathTest, AConstructorThatThrowsIsNamed) {
  Plugins plugins(with("fatal"));
  const auto part = transform_part(plugins, Node::scalar("fatal.throws"), "preprocess");
  try {
    part.make();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::plugin);
    EXPECT_EQ(error.message(), "the transform 'fatal.throws' cannot be made: no room for me");
  }
}

}  // namespace
}  // namespace plexus
