#include <plexus/host/prepare.hpp>

#include <atomic>
#include <csignal>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

// Writes one random number a job; the job "bad" fails.
class Numbers final : public Preprocessor {
 public:
  explicit Numbers(std::vector<std::string> ids) : ids_(std::move(ids)) {}
  std::vector<Job> jobs(const std::string&, const std::string&) const override {
    std::vector<Job> all;
    for (const std::string& id : ids_) all.push_back({id, {}, {id + ".txt"}, 0});
    return all;
  }
  void run(const Job& job, const std::string& target, Rng& rng, Context&) const override {
    if (job.id == "bad") throw Error(ErrorKind::data, "is bad", job.id);
    write_file(target + "/" + job.outputs[0], std::to_string(rng.next()));
  }
  void finish(const std::vector<Job>& done, const std::string&) const override { finished = static_cast<int>(done.size()); }
  mutable std::atomic<int> finished{-1};

 private:
  std::vector<std::string> ids_;
};

BatchSettings with(const std::filesystem::path& target, int jobs, bool fail_fast) {
  BatchSettings settings;
  settings.target = target;
  settings.jobs = jobs;
  settings.fail_fast = fail_fast;
  settings.attempts = 1;
  return settings;
}

TEST(Prepare, GivesEqualFilesWithAnyNumberOfWorkers) {
  const test::TemporaryFolder folder;
  const Numbers numbers({"a", "b", "c", "d", "e"});
  prepare(numbers, "", Rng(3), with(folder / "one", 1, true));
  const Prepared prepared = prepare(numbers, "", Rng(3), with(folder / "four", 4, true));
  EXPECT_EQ(prepared.done.size(), 5u);
  EXPECT_EQ(prepared.done[4].id, "e");
  for (const std::string name : {"a.txt", "c.txt", "e.txt"})
    EXPECT_EQ(read_file(folder.path() / "one" / name), read_file(folder.path() / "four" / name));
  EXPECT_NE(read_file(folder.path() / "one" / "a.txt"), read_file(folder.path() / "one" / "b.txt"));
}

TEST(Prepare, CollectsFailuresAndFinishesTheOthers) {
  const test::TemporaryFolder folder;
  const Numbers numbers({"a", "bad", "c"});
  const Prepared prepared = prepare(numbers, "", Rng(3), with(folder / "out", 2, false));
  ASSERT_EQ(prepared.failed.size(), 1u);
  EXPECT_EQ(prepared.failed[0].first, "bad");
  EXPECT_EQ(prepared.done.size(), 2u);
  EXPECT_EQ(numbers.finished, 2);
}

TEST(Prepare, EndsAtTheFirstFailureWhereAsked) {
  const test::TemporaryFolder folder;
  const Numbers numbers({"a", "bad", "c"});
  EXPECT_EQ(test::thrown([&] { prepare(numbers, "", Rng(3), with(folder / "out", 1, true)); }).kind(), ErrorKind::data);
  EXPECT_EQ(numbers.finished, -1);
}

TEST(Prepare, StopsWhereAsked) {
  const test::TemporaryFolder folder;
  const Numbers numbers({"a", "b"});
  request_stop(SIGINT);
  const auto kind = test::thrown([&] { prepare(numbers, "", Rng(3), with(folder / "out", 2, false)); }).kind();
  clear_stop();
  EXPECT_EQ(kind, ErrorKind::interrupted);
  EXPECT_EQ(numbers.finished, -1);
}

}  // namespace
}  // namespace plexus
