#include <plexus/data/loader.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include <plexus/base/error.hpp>

#include "support/expect_error.hpp"

namespace plexus {
namespace {

// Sample i is a plane of the value i; "labeled" holds the first ten, "unlabeled" the others.
class Numbers : public Dataset {
 public:
  std::int64_t bad = -1;
  bool random = false;
  mutable std::atomic<int> reads{0};
  mutable std::mutex mutex;
  mutable std::set<int> threads;  // LibTorch's thread counts seen while reading

  DataInfo info() const override { return {}; }
  std::vector<std::string> subsets() const override { return {"labeled", "unlabeled", "none"}; }
  std::vector<std::size_t> subset(const std::string& name) const override {
    std::vector<std::size_t> all;
    if (name == "labeled")
      for (std::size_t i = 0; i < 10; ++i) all.push_back(i);
    if (name == "unlabeled")
      for (std::size_t i = 10; i < 17; ++i) all.push_back(i);
    return all;
  }
  Sample get(std::size_t index, Rng& rng) const override {
    ++reads;
    {
      const std::lock_guard lock(mutex);
      threads.insert(at::get_num_threads());
    }
    if (static_cast<std::int64_t>(index) == bad) throw Error(ErrorKind::data, "is missing", "file.h5");
    auto sample = describe(index);
    sample.fields["image"] = torch::full({1, 4, 4}, static_cast<float>(index)) + (random ? rng.uniform() : 0.0);
    return sample;
  }
  bool deterministic() const override { return !random; }
  Sample describe(std::size_t index) const override {
    Sample sample;
    sample.id = "number" + std::to_string(index);
    return sample;
  }
};

// In place, as transforms are.
class AddNoise : public Transform {
 public:
  void apply(Sample& sample, Rng& rng) const override { sample.fields["image"].add_(rng.uniform()); }
};
class Double : public Transform {
 public:
  mutable std::atomic<int> runs{0};
  void apply(Sample& sample, Rng&) const override {
    ++runs;
    sample.fields["image"].mul_(2);
  }
  bool deterministic() const override { return true; }
};

Stream two_streams() {
  return {"train", {Draws{"labeled", 3}, Draws{.subset = "unlabeled", .count = 2, .order = Draws::Order::cycled}}};
}

struct Made {
  std::vector<std::string> ids;
  at::Tensor image;
};
std::vector<Made> batches(Loader& loader, int count) {
  std::vector<Made> all;
  for (int i = 0; i < count; ++i) {
    const auto batch = loader.next();
    all.push_back({batch.ids(), batch["image"]});
  }
  return all;
}
void expect_equal(const std::vector<Made>& a, const std::vector<Made>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].ids, b[i].ids) << i;
    EXPECT_TRUE(torch::equal(a[i].image, b[i].image)) << i;
  }
}

TEST(Loader, BatchesAreEqualWhateverJobsCacheAndPrefetch) {
  Numbers data;
  data.random = false;
  const std::vector<std::shared_ptr<const Transform>> common{std::make_shared<Double>(), std::make_shared<AddNoise>()};
  Loader plain(data, two_streams(), common, Rng(3), {.jobs = 0});
  EXPECT_EQ(plain.batches_per_epoch(), 3);
  const auto expected = batches(plain, 10);
  for (const int jobs : {1, 2, 4}) {
    for (const std::int64_t cache : {0, 300, 1 << 20}) {
      Loader loader(data, two_streams(), common, Rng(3), {.jobs = jobs, .cache_bytes = cache, .prefetch = jobs == 2 ? 1 : 4});
      expect_equal(batches(loader, 10), expected);
    }
  }
}

TEST(Loader, PartsComeInOrderWithTheirCounts) {
  Numbers data;
  Loader loader(data, two_streams(), {}, Rng(3), {.jobs = 2});
  const auto batch = loader.next();
  EXPECT_EQ(batch.parts, (std::vector<std::int64_t>{3, 2}));
  for (int row = 0; row < 5; ++row) EXPECT_EQ(batch["image"][row][0][0][0].item<float>() < 10, row < 3);
}

TEST(Loader, ShorterSubsetsAreTakenOverAndOver) {
  Numbers data;
  const Draws longer{.subset = "labeled", .count = 2, .as_long_as = {"labeled", "unlabeled"}};
  const Draws shorter{.subset = "unlabeled", .count = 2, .as_long_as = {"labeled", "unlabeled"}};
  for (const auto& part : {longer, shorter}) {
    Loader loader(data, {"one", {part}}, {}, Rng(3), {.jobs = 0});
    EXPECT_EQ(loader.batches_per_epoch(), 5);
    std::map<std::string, int> seen;
    for (const auto& made : batches(loader, 5))
      for (const auto& id : made.ids) ++seen[id];
    EXPECT_EQ(seen.size(), part.subset == "labeled" ? 10u : 7u);
    // Ten places for seven samples, index modulo size: the first three come twice.
    for (int i = 0; i < 7; ++i)
      if (part.subset == "unlabeled") { EXPECT_EQ(seen["number" + std::to_string(10 + i)], i < 3 ? 2 : 1); }
  }
}

TEST(Loader, DrawsDifferByEpochAndPosition) {
  Numbers data;
  data.random = true;
  // Two rows of one sample in a batch get noise of their own.
  const Stream stream{"s", {Draws{"labeled", 3}, Draws{.subset = "unlabeled", .count = 20, .order = Draws::Order::cycled}}};
  Loader loader(data, stream, {}, Rng(3), {.jobs = 2});
  const auto first = loader.next();
  std::set<float> values;
  for (int row = 0; row < 23; ++row) values.insert(first["image"][row][0][0][0].item<float>());
  EXPECT_EQ(values.size(), 23u);
}

TEST(Loader, SeekGivesWhatAnUnbrokenRunGives) {
  Numbers data;
  const std::vector<std::shared_ptr<const Transform>> common{std::make_shared<AddNoise>()};
  Loader unbroken(data, two_streams(), common, Rng(9), {.jobs = 2});
  const auto all = batches(unbroken, 12);
  EXPECT_EQ(unbroken.epoch(), 4);
  Loader resumed(data, two_streams(), common, Rng(9), {.jobs = 3, .cache_bytes = 1 << 20});
  batches(resumed, 2);
  resumed.seek(1, 2);
  EXPECT_EQ(resumed.epoch(), 1);
  EXPECT_EQ(resumed.batch(), 2);
  expect_equal(batches(resumed, 7), {all.begin() + 5, all.end()});
  EXPECT_THROW(resumed.seek(0, 3), std::invalid_argument);
}

TEST(Loader, EpochOfAnotherStreamsLength) {
  Numbers data;
  Loader loader(data, {"s", {Draws{"labeled", 3}}}, {}, Rng(1), {.jobs = 1, .batches_per_epoch = 5});
  batches(loader, 5);
  EXPECT_EQ(loader.epoch(), 1);
  EXPECT_EQ(loader.batch(), 0);
}

TEST(Loader, FailureReachesTheConsumerWithTheSamplesName) {
  Numbers data;
  data.bad = 4;
  for (const int jobs : {0, 1, 3}) {
    Loader loader(data, {"s", {Draws{.subset = "labeled", .count = 2, .order = Draws::Order::sequential}}}, {}, Rng(1),
                  {.jobs = jobs});
    batches(loader, 2);
    for (int again = 0; again < 2; ++again)
      test::expect_error(ErrorKind::data, {"sample number4", "file.h5", "is missing"}, [&] { loader.next(); });
    EXPECT_EQ(loader.batch(), 2);
    data.bad = -1;
    EXPECT_EQ(loader.next().ids(), (std::vector<std::string>{"number4", "number5"}));
    data.bad = 4;
  }
}

TEST(Loader, MemoryInFlightIsBounded) {
  Numbers data;
  {
    Loader loader(data, {"s", {Draws{"labeled", 2}}}, {}, Rng(1), {.jobs = 2, .prefetch = 3});
    loader.next();
  }
  EXPECT_LE(data.reads, 2 * (1 + 3));
}

TEST(Loader, CacheReadsOnceAndKeepsItsLimit) {
  Numbers data;
  const auto twice = std::make_shared<Double>();
  const std::vector<std::shared_ptr<const Transform>> common{twice, std::make_shared<AddNoise>()};
  const Stream stream{"s", {Draws{"labeled", 5}}};
  Loader loader(data, stream, common, Rng(1), {.jobs = 2, .cache_bytes = 1 << 20, .prefetch = 1});
  batches(loader, 8);
  EXPECT_EQ(data.reads, 10);
  EXPECT_EQ(twice->runs, 10);
  EXPECT_EQ(loader.cached_bytes(), 10 * 64);
  Loader small(data, stream, common, Rng(1), {.jobs = 2, .cache_bytes = 200, .prefetch = 1});
  batches(small, 4);
  EXPECT_EQ(small.cached_bytes(), 192);
  data.random = true;
  Loader random(data, stream, common, Rng(1), {.jobs = 2, .cache_bytes = 1 << 20});
  batches(random, 4);
  EXPECT_EQ(random.cached_bytes(), 0);
}

TEST(Loader, WorkersCalculateOnOneThreadAndTheMainThreadKeepsItsOwn) {
  at::set_num_threads(3);
  Numbers data;
  Loader loader(data, {"s", {Draws{"labeled", 5}}}, {}, Rng(1), {.jobs = 2});
  batches(loader, 4);
  EXPECT_EQ(data.threads, std::set<int>{1});
  EXPECT_EQ(at::get_num_threads(), 3);
  at::set_num_threads(1);
}

TEST(Loader, EmptyAndTooSmallSubsetsAreSaid) {
  Numbers data;
  test::expect_error(ErrorKind::configuration, {"stream s", "'none' is empty"}, [&] {
    Loader(data, {"s", {Draws{"none", 1}}}, {}, Rng(1));
  });
  test::expect_error(ErrorKind::configuration, {"stream s", "10 samples do not fill the 11 rows"}, [&] {
    Loader(data, {"s", {Draws{"labeled", 11}}}, {}, Rng(1));
  });
}

TEST(Loader, IsDestroyedWithWorkInFlight) {
  Numbers data;
  for (int i = 0; i < 50; ++i) {
    Loader loader(data, two_streams(), {}, Rng(1), {.jobs = 4, .prefetch = 8});
    if (i % 2) loader.next();
  }
}

}  // namespace
}  // namespace plexus
