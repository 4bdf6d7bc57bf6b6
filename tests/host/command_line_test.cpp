#include <plexus/host/command_line.hpp>

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Args = std::vector<std::string>;

// A line as the verbs have them.
struct Parsed {
  std::string input, model = "diffrect";
  std::filesystem::path output = "out";
  std::int64_t count = 3;
  double share = 0.5;
  bool fast = false;
  std::vector<std::string> labels, files;
  std::string first;
  CommandLine line{"try", "FIRST [FILE…] [options]", "Tries things."};
  Parsed() {
    line.option("input", 'i', input, "PATH", "what is read").needed();
    line.option("output", 'o', output, "FOLDER", "what is written");
    line.option("model", 'm', model, "NAME", "which model").one_of({"diffrect", "supervised"});
    line.option("count", 'c', count, "N", "how many");
    line.option("share", '\0', share, "X", "how much of it");
    line.option("label", 'l', labels, "NAME", "which labels");
    line.flag("fast", 'f', fast, "less exact");
    line.argument("FIRST", first, "the first thing").needed();
    line.argument("FILE", files, "more of them");
    line.common({Common::device, Common::jobs, Common::compute_threads, Common::memory_limit, Common::seed, Common::resume,
                 Common::keep_going, Common::plugin_path, Common::set, Common::json});
    line.example("plexus try -i a b", "the usual");
  }
};

std::string fault(const Args& args) {
  Parsed sample;
  try {
    sample.line.parse(args);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

TEST(CommandLine, TakesLongAndShortForms) {
  Parsed sample;
  ASSERT_TRUE(sample.line.parse({"one", "-i", "a.nii", "--output=b", "-c4", "--share", "0.25", "-l", "x", "--label=y", "-f",
                                 "two", "--", "-three", "--device", "cuda"}));
  EXPECT_EQ(sample.input, "a.nii");
  EXPECT_EQ(sample.output, "b");
  EXPECT_EQ(sample.count, 4);
  EXPECT_EQ(sample.share, 0.25);
  EXPECT_TRUE(sample.fast);
  EXPECT_THAT(sample.labels, ElementsAre("x", "y"));
  EXPECT_EQ(sample.first, "one");
  EXPECT_THAT(sample.files, ElementsAre("two", "-three", "--device", "cuda"));
  EXPECT_EQ(sample.line.shared().device, "cpu");
  EXPECT_TRUE(sample.line.given("count"));
  EXPECT_FALSE(sample.line.given("model"));
}

TEST(CommandLine, TakesTheSharedOptions) {
  Parsed sample;
  ASSERT_TRUE(sample.line.parse({"one",
                                 "-i",
                                 "a",
                                 "-d",
                                 "cuda:1",
                                 "-j",
                                 "3",
                                 "--compute-threads",
                                 "2",
                                 "--memory-limit",
                                 "1.5G",
                                 "--seed",
                                 "7",
                                 "--resume",
                                 "must",
                                 "--fail-fast",
                                 "--plugin-path",
                                 "p",
                                 "--plugin-path",
                                 "q",
                                 "--set",
                                 "a.b=1",
                                 "--set",
                                 "c=[1, 2]",
                                 "--json",
                                 "-q"}));
  const auto& shared = sample.line.shared();
  EXPECT_EQ(shared.device, "cuda:1");
  EXPECT_EQ(shared.jobs, 3);
  EXPECT_EQ(shared.compute_threads, 2);
  EXPECT_EQ(shared.memory_limit, std::uint64_t{3} << 29);
  EXPECT_EQ(shared.seed, 7u);
  EXPECT_EQ(shared.resume, "must");
  EXPECT_TRUE(shared.fail_fast);
  EXPECT_THAT(shared.plugin_path, ElementsAre("p", "q"));
  EXPECT_THAT(shared.set, ElementsAre("a.b=1", "c=[1, 2]"));
  EXPECT_TRUE(shared.json);
}

TEST(CommandLine, KeepsDefaultsWhereNothingIsGiven) {
  Parsed sample;
  ASSERT_TRUE(sample.line.parse({"one", "-i", "a"}));
  EXPECT_EQ(sample.count, 3);
  EXPECT_FALSE(sample.line.shared().seed);
  EXPECT_GE(sample.line.shared().jobs, 1);
  EXPECT_GE(sample.line.shared().compute_threads, 1);
}

TEST(CommandLine, NamesTheNearestOptionOfAnUnknownOne) {
  EXPECT_THAT(fault({"one", "-i", "a", "--outptu", "b"}), HasSubstr("unknown option '--outptu'; did you mean '--output'?"));
  EXPECT_THAT(fault({"one", "-i", "a", "--zzzzzz"}), HasSubstr("unknown option '--zzzzzz'; see 'plexus try --help'"));
  EXPECT_THAT(fault({"one", "-i", "a", "-Z"}), HasSubstr("unknown option '-Z'"));
}

TEST(CommandLine, GuessesNoPrefixes) {
  EXPECT_THAT(fault({"one", "-i", "a", "--out", "b"}), HasSubstr("unknown option '--out'"));
}

TEST(CommandLine, RefusesRepeatedOptions) {
  EXPECT_THAT(fault({"one", "-i", "a", "--input", "b"}), HasSubstr("option '--input' is given twice"));
  EXPECT_THAT(fault({"one", "-i", "a", "-f", "--fast"}), HasSubstr("option '--fast' is given twice"));
}

TEST(CommandLine, SaysAllFaultsAtOnce) {
  EXPECT_THAT(fault({"one", "--coutn", "1", "--share", "much", "-m", "difrect"}),
              ::testing::AllOf(HasSubstr("unknown option '--coutn'"), HasSubstr("'--share' takes a number, not 'much'"),
                               HasSubstr("did you mean 'diffrect'?"), HasSubstr("option '--input' is needed")));
}

TEST(CommandLine, RefusesWrongValues) {
  const std::vector<std::pair<Args, std::string>> cases = {{{"-c", "1.5"}, "'--count' takes a whole number"},
                                                           {{"-c", "99999999999999999999"}, "'--count' takes a whole number"},
                                                           {{"--device", "gpu"}, "takes cpu, cuda or cuda:N"},
                                                           {{"--device", "cuda:x"}, "takes cpu, cuda or cuda:N"},
                                                           {{"-j", "0"}, "from 1 to 4096"},
                                                           {{"--seed", "-1"}, "seed"},
                                                           {{"--memory-limit", "lots"}, "a size as 16G"},
                                                           {{"--memory-limit", "-1G"}, "memory-limit"},
                                                           {{"--memory-limit", "1GX"}, "a size as 16G"},
                                                           {{"--set", "a.b"}, "KEY=VALUE"},
                                                           {{"--set", "=1"}, "KEY=VALUE"},
                                                           {{"--resume", "maybe"}, "takes auto, never, must"},
                                                           {{"--output", ""}, "'--output' takes a path"},
                                                           {{"--json=1"}, "json"},
                                                           {{"--count"}, "count"},
                                                           {{"--log-level", "loud"}, "loud"},
                                                           {{"--keep-going", "--fail-fast"}, "exclude each other"},
                                                           {{"-q", "-v"}, "exclude each other"}};
  for (const auto& [given, sentence] : cases) {
    Args args{"one", "-i", "a"};
    args.insert(args.end(), given.begin(), given.end());
    EXPECT_THAT(fault(args), HasSubstr(sentence)) << given.front();
  }
}

TEST(CommandLine, CountsArguments) {
  EXPECT_THAT(fault({"-i", "a"}), HasSubstr("FIRST is missing"));
  std::string only;
  CommandLine line("try", "NAME", "");
  line.argument("NAME", only, "").needed();
  EXPECT_THROW(line.parse({"a", "b"}), Error);
}

TEST(CommandLine, HelpShowsFormsDefaultsChoicesAndExamples) {
  Parsed sample;
  ::testing::internal::CaptureStdout();
  EXPECT_FALSE(sample.line.parse({"--nonsense", "--help"}));
  const std::string help = ::testing::internal::GetCapturedStdout();
  for (const char* part :
       {"Tries things.", "Usage: plexus try FIRST [FILE…] [options]", "-i, --input PATH", "(needed)", "(default: diffrect)",
        "    --share X", "(default: 0.5)", "-h, --help", "plexus try -i a b", "the usual"})
    EXPECT_THAT(help, HasSubstr(part));
  for (std::size_t start = 0; start < help.size();) {
    const std::size_t end = help.find('\n', start);
    EXPECT_LE(end - start, 104u) << help.substr(start, end - start);
    start = end + 1;
  }
}

TEST(CommandLine, LogLevelComesFromTheEnvironmentToo) {
  setenv("PLEXUS_LOG_LEVEL", "shrill", 1);
  EXPECT_THAT(fault({"one", "-i", "a"}), HasSubstr("shrill"));
  EXPECT_EQ(fault({"one", "-i", "a", "--log-level", "info"}), "none");
  unsetenv("PLEXUS_LOG_LEVEL");
}

int answer(const Args& args) { return static_cast<int>(args.size()) + 40; }

TEST(Dispatch, RunsTheVerbWithWhatFollows) {
  EXPECT_EQ(dispatch("plexus x", "", {{"go", "goes", answer}}, {"go", "a", "b"}), 42);
}

TEST(Dispatch, NamesTheNearestVerb) {
  try {
    dispatch("plexus x", "", {{"list", "", answer}, {"describe", "", answer}}, {"descrieb"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'describe'?"));
  }
}

TEST(Dispatch, ListsTheVerbs) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(dispatch("plexus x", "About.", {{"list", "lists", answer}}, {}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("list  lists"));
}

}  // namespace
}  // namespace plexus
