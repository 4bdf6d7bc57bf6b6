#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Keeps samples until a limit of bytes is reached; what came first stays. In the rounds of training every sample is asked
// for once an epoch, where throwing out the oldest would never hit.
class SampleCache {
 public:
  using Key = std::pair<std::size_t, std::size_t>;  // part of the stream, index in the data set
  explicit SampleCache(std::int64_t limit) : limit_(limit) {}
  // Shares the tensors: who changes them must copy first.
  std::optional<Sample> find(Key key) const;
  // Copies the tensors: a view would keep its whole volume in memory.
  void keep(Key key, const Sample& sample);
  static Sample copied(Sample sample);
  std::int64_t bytes() const;

 private:
  mutable std::mutex mutex_;
  std::int64_t limit_, bytes_ = 0;
  std::map<Key, Sample> samples_;
};

}  // namespace plexus
