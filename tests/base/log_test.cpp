#include <plexus/base/log.hpp>

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

using testing::HasSubstr;

template <class Work>
std::string on_stderr(Work&& work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, GoesToStderrFromItsLevelUp) {
  EXPECT_EQ(on_stderr([] {
              log::debug("unseen");
              log::info("a fact");
              log::warning("careful");
              log::error("wrong");
            }),
            "a fact\nwarning: careful\nerror: wrong\n");
  log::set_level(Level::error);
  EXPECT_EQ(on_stderr([] { log::warning("unseen"); }), "");
  log::set_level(Level::info);
}

TEST(Log, WarnsOnceForEachText) {
  EXPECT_EQ(on_stderr([] {
              log::warn_once("the first text");
              log::warn_once("the first text");
              log::warn_once("another text");
            }),
            "warning: the first text\nwarning: another text\n");
}

TEST(Log, FilesTakeEverythingFromInfoUp) {
  const test::TemporaryFolder folder;
  log::set_level(Level::off);
  log::open_files(folder.path().string());
  log::debug("unseen");
  log::info("two\nlines \"quoted\"");
  log::error("wrong");
  log::open_files("");
  log::error("after closing");
  log::set_level(Level::info);
  const auto lines = split(read_file(folder / "log.jsonl"), '\n');
  ASSERT_EQ(lines.size(), 3u);  // the last is empty
  const auto first = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(first["text"], "two\nlines \"quoted\"");
  EXPECT_EQ(first["level"], "info");
  EXPECT_EQ(first["time"].get<std::string>().size(), 24u);
  const std::string text = read_file(folder / "log.txt");
  EXPECT_THAT(text, HasSubstr(" info    two\n    lines"));
  EXPECT_THAT(text, HasSubstr(" error   wrong\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("unseen")));
}

TEST(Log, AppendsToWhatAnEarlierRunWrote) {
  const test::TemporaryFolder folder;
  on_stderr([&] {
    for (const char* text : {"first", "second"}) {
      log::open_files(folder.path().string());
      log::info(text);
      log::open_files("");
    }
  });
  EXPECT_EQ(split(read_file(folder / "log.txt"), '\n').size(), 3u);
}

TEST(Log, AFolderThatIsNotThereIsAnError) { EXPECT_THROW(log::open_files("/none/there"), Error); }

TEST(Log, LinesOfManyThreadsStayWhole) {
  const test::TemporaryFolder folder;
  log::set_level(Level::off);
  log::open_files(folder.path().string());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) log::info("a line of some length");
    });
  for (auto& thread : threads) thread.join();
  log::open_files("");
  log::set_level(Level::info);
  const auto lines = split(read_file(folder / "log.jsonl"), '\n');
  EXPECT_EQ(lines.size(), 401u);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) ASSERT_TRUE(nlohmann::json::accept(lines[i]));
}

TEST(Log, LevelsAreReadByName) {
  EXPECT_EQ(log::parse_level("warning"), Level::warning);
  const Error error = test::thrown([] { log::parse_level("warnin"); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("did you mean 'warning'?"));
}

TEST(Log, NoStatusLineWhereStderrIsNoTerminal) {
  EXPECT_EQ(on_stderr([] { log::status("50%"); }), "");
}

}  // namespace
}  // namespace plexus
