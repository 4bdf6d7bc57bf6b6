#include <plexus/host/batch.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/host/crash_guard.hpp>
#include <plexus/host/memory_meter.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

// Copies each input to OUT/ID.txt; counts the calls. What holds "bad" is broken.
class Copying {
 public:
  explicit Copying(int cases) {
    for (int i = 0; i < cases; ++i) add("case" + std::to_string(i), "content " + std::to_string(i));
    settings.target = folder / "out";
    settings.record = folder.path() / "out" / "batch";
    settings.jobs = 2;
    work.title = "copy";
    work.recipe = "recipe 1";
    work.run = [this](const Job& job, bool) {
      const std::string content = read_file(job.inputs.front());
      ++calls;
      if (content.find("bad") != std::string::npos) throw Error(ErrorKind::data, "is bad", job.inputs.front());
      write_file(folder.path() / "out" / (job.id + ".txt"), content);
      return BatchWork::Outcome{{job.id + ".txt"}};
    };
  }
  void add(const std::string& id, const std::string& content) {
    write_file(folder / (id + ".in"), content);
    jobs.push_back({id, {(folder / (id + ".in")).string()}, {}, 1000});
  }
  BatchResult run() {
    calls = 0;
    return run_batch(jobs, work, settings);
  }
  std::string output(const std::string& id) const { return read_file(folder.path() / "out" / (id + ".txt")); }

  test::TemporaryFolder folder;
  std::vector<Job> jobs;
  BatchWork work;
  BatchSettings settings;
  std::atomic<int> calls{0};
};

TEST(Batch, ASecondRunDoesNothing) {
  Copying batch(5);
  EXPECT_EQ(batch.run().made, 5u);
  const BatchResult again = batch.run();
  EXPECT_EQ(batch.calls, 0);
  EXPECT_EQ(again.kept, 5u);
  EXPECT_EQ(again.cases[3].id, "case3");
  EXPECT_EQ(again.cases[3].inputs[0].digest, sha256("content 3"));
}

TEST(Batch, OnlyWhatChangedIsDoneAgain) {
  Copying batch(4);
  batch.run();
  write_file(batch.folder / "case1.in", "another");
  std::filesystem::remove(batch.folder.path() / "out" / "case2.txt");
  write_file(batch.folder / "case3.in", "content 3");  // another time, the same content
  EXPECT_EQ(batch.run().made, 2u);
  EXPECT_EQ(batch.output("case1"), "another");
  EXPECT_EQ(batch.output("case2"), "content 2");
}

TEST(Batch, BrokenCasesAreQuarantinedUntilTheyChange) {
  Copying batch(2);
  batch.add("broken", "bad");
  BatchResult result = batch.run();
  EXPECT_EQ(batch.calls, 4);  // the broken one twice
  EXPECT_EQ(result.made, 2u);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_NE(result.cases[2].error.find("is bad"), std::string::npos);
  EXPECT_EQ(result.cases[2].attempts, 2);

  result = batch.run();
  EXPECT_EQ(batch.calls, 0);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(result.quarantined, 1u);
  batch.settings.retry_quarantined = true;
  batch.run();
  EXPECT_EQ(batch.calls, 2);
  batch.settings.retry_quarantined = false;
  write_file(batch.folder / "broken.in", "mended");
  EXPECT_EQ(batch.run().failed, 0u);
  EXPECT_EQ(batch.output("broken"), "mended");
}

TEST(Batch, AFailureThatPassesIsMended) {
  Copying batch(3);
  std::mutex mutex;
  std::set<std::string> seen;
  const auto copy = batch.work.run;
  batch.work.run = [&](const Job& job, bool may_replace) {
    const std::lock_guard lock(mutex);
    if (seen.insert(job.id).second) throw std::bad_alloc();
    return copy(job, may_replace);
  };
  EXPECT_EQ(batch.run().made, 3u);
}

TEST(Batch, AnotherRecipeNeedsConsent) {
  Copying batch(2);
  batch.run();
  batch.work.recipe = "recipe 2";
  test::expect_error(ErrorKind::configuration, {"another recipe", "--overwrite"}, [&] { batch.run(); });
  batch.settings.replace = true;
  EXPECT_EQ(batch.run().made, 2u);
  batch.settings.replace = false;
  EXPECT_EQ(batch.run().made, 0u);
}

TEST(Batch, MustAndNeverAreHeld) {
  Copying batch(1);
  batch.settings.resume = ResumeMode::must;
  test::expect_error(ErrorKind::configuration, {"nothing to go on with"}, [&] { batch.run(); });
  batch.settings.resume = ResumeMode::automatic;
  batch.run();
  batch.settings.resume = ResumeMode::never;
  test::expect_error(ErrorKind::configuration, {"earlier work"}, [&] { batch.run(); });
}

TEST(Batch, EndsAtTheFirstFailureWhereAsked) {
  Copying batch(1);
  batch.jobs.clear();
  batch.add("broken", "bad");
  batch.add("healthy", "good");
  batch.settings.fail_fast = true;
  batch.settings.jobs = 1;
  test::expect_error(ErrorKind::data, {"case broken", "is bad"}, [&] { batch.run(); });
  EXPECT_FALSE(std::filesystem::exists(batch.folder.path() / "out" / "healthy.txt"));
}

TEST(Batch, AStopKeepsWhatIsDone) {
  Copying batch(20);
  batch.settings.jobs = 1;
  const auto copy = batch.work.run;
  batch.work.run = [&](const Job& job, bool may_replace) {
    if (job.id == "case5") request_stop(SIGINT);
    return copy(job, may_replace);
  };
  EXPECT_EQ(test::thrown([&] { batch.run(); }).kind(), ErrorKind::interrupted);
  clear_stop();
  const int first = batch.calls;
  EXPECT_GE(first, 6);
  EXPECT_LT(first, 20);
  batch.work.run = copy;
  EXPECT_EQ(batch.run().made, 20u - static_cast<std::size_t>(first));
}

TEST(Batch, StaleOutputsAreRemoved) {
  Copying batch(1);
  batch.work.run = [&](const Job& job, bool) {
    const std::string content = read_file(job.inputs.front());
    BatchWork::Outcome made;
    for (std::size_t i = 0; i < content.size(); ++i) {
      made.outputs.push_back(std::to_string(i) + ".txt");
      write_file(batch.folder.path() / "out" / made.outputs.back(), content.substr(i, 1));
    }
    return made;
  };
  batch.run();
  EXPECT_TRUE(std::filesystem::exists(batch.folder.path() / "out" / "8.txt"));
  write_file(batch.folder / "case0.in", "short");
  batch.run();
  EXPECT_TRUE(std::filesystem::exists(batch.folder.path() / "out" / "4.txt"));
  EXPECT_FALSE(std::filesystem::exists(batch.folder.path() / "out" / "8.txt"));
}

TEST(Batch, CasesAreAdmittedByTheirMemory) {
  Copying batch(12);
  batch.settings.jobs = 4;
  batch.settings.memory = resident_bytes() + (200u << 20);
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) batch.jobs[i].bytes = (i % 3 == 0 ? 120u : 60u) << 20;
  std::mutex mutex;
  std::uint64_t held = 0, most = 0;
  int together = 0;
  const auto copy = batch.work.run;
  batch.work.run = [&](const Job& job, bool may_replace) {
    const auto change = [&](bool begin) {
      const std::lock_guard lock(mutex);
      held += begin ? job.bytes : -job.bytes;
      most = std::max(most, held);
      together += begin ? 1 : -1;
    };
    change(true);
    const auto tensor = at::zeros({1 << 18});
    const auto outcome = copy(job, may_replace);
    change(false);
    return outcome;
  };
  EXPECT_EQ(batch.run().made, 12u);
  EXPECT_LE(most, 200u << 20);
  batch.jobs[0].bytes = 300u << 20;
  batch.settings.again = true;
  const BatchResult result = batch.run();
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(result.cases[0].error_kind, ErrorKind::resource);
  EXPECT_NE(result.cases[0].error.find("300 MiB"), std::string::npos) << result.cases[0].error;
}

TEST(Batch, PeakMemoryOfACaseIsThatOfItsTensors) {
  Copying batch(1);
  const auto copy = batch.work.run;
  batch.work.run = [&](const Job& job, bool may_replace) {
    { const auto first = at::zeros({1 << 20}), second = first + 1; }
    const auto third = at::zeros({1 << 20});
    return copy(job, may_replace);
  };
  const auto peak = batch.run().cases[0].peak_bytes;
  EXPECT_GE(peak, 8u << 20);
  EXPECT_LT(peak, 9u << 20);
}

TEST(Batch, ADamagedRecordIsSetAside) {
  Copying batch(2);
  batch.run();
  write_file(batch.settings.record / "manifest.sqlite", std::string(5000, 'x'));
  EXPECT_EQ(batch.run().made, 2u);
  EXPECT_TRUE(std::filesystem::exists(batch.settings.record / "manifest.sqlite.damaged"));
}

TEST(Batch, ShardsAreDisjointAndTheWholeTakesThemOver) {
  Copying batch(7);
  const auto all = batch.jobs;
  for (const std::string part : {"1/2", "2/2"}) {
    const Shard shard = parse_shard(part);
    batch.jobs.clear();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (shard.has(i)) batch.jobs.push_back(all[i]);
    batch.settings.record = batch.folder.path() / "out" / "batch" / ("shard-" + std::to_string(shard.number) + "-of-2");
    EXPECT_EQ(batch.run().made, shard.number == 1 ? 4u : 3u);
  }
  batch.jobs = all;
  batch.settings.record = batch.folder.path() / "out" / "batch";
  EXPECT_EQ(batch.run().kept, 7u);
  EXPECT_THROW(parse_shard("3/2"), std::invalid_argument);
  EXPECT_THROW(parse_shard("2"), std::invalid_argument);
}

TEST(Batch, ACaseThatCrashesTheProcessHasFailedTheNextTime) {
  if (crash_signals().empty()) GTEST_SKIP() << "the sanitizer reports crashes itself";
  // The process that dies is this program begun anew, which finds the folder of the first by the environment.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Copying batch(3);
  const char* const name = "PLEXUS_TEST_CRASH_FOLDER";
  if (const char* given = getenv(name); given != nullptr)
    batch.settings.target = given;
  else
    setenv(name, batch.settings.target.c_str(), 1);
  batch.settings.record = batch.settings.target / "batch";
  batch.work.run = [&](const Job& job, bool) {
    if (job.id == "case1" && std::filesystem::exists(batch.settings.target / "crash")) std::raise(SIGSEGV);
    write_file(batch.settings.target / (job.id + ".txt"), "x");
    return BatchWork::Outcome{{job.id + ".txt"}};
  };
  std::filesystem::create_directories(batch.settings.target);
  for (Job& job : batch.jobs) {
    job.inputs = {(batch.settings.target / (job.id + ".in")).string()};
    write_file(job.inputs.front(), "content");
  }
  write_file(batch.settings.target / "crash", "");
  EXPECT_EXIT(run_batch(batch.jobs, batch.work, batch.settings), ::testing::KilledBySignal(SIGSEGV), "");
  unsetenv(name);
  std::filesystem::remove(batch.settings.target / "crash");
  BatchResult result = batch.run();
  EXPECT_EQ(result.failed, 1u);
  EXPECT_NE(result.cases[1].error.find("crashed"), std::string::npos) << result.cases[1].error;
  EXPECT_EQ(batch.run().failed, 1u);
  write_file(batch.settings.target / "case1.in", "mended");
  EXPECT_EQ(batch.run().failed, 0u);
}

TEST(Batch, TwoCasesOfOneNameAreRefused) {
  Copying batch(1);
  batch.jobs.push_back(batch.jobs[0]);
  test::expect_error(ErrorKind::data, {"case0"}, [&] { batch.run(); });
}

}  // namespace
}  // namespace plexus
