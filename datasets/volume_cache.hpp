#pragma once
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include <plexus/sdk/sample.hpp>

namespace plexus::datasets {

// The cases read last, up to a limit of bytes, for slices of volumes. A case that several threads ask for at once is read
// once. A failure is not kept.
class VolumeCache {
 public:
  explicit VolumeCache(std::int64_t limit) : limit_(limit) {}
  std::shared_ptr<const Sample> get(std::size_t key, const std::function<Sample()>& read);

 private:
  using Future = std::shared_future<std::shared_ptr<const Sample>>;
  struct Entry {
    std::size_t key;
    Future sample;
    std::int64_t bytes;  // 0 while it is read
  };
  std::mutex mutex_;
  std::int64_t limit_, bytes_ = 0;
  std::list<Entry> recent_;  // the last used in front
  std::map<std::size_t, std::list<Entry>::iterator> entries_;
};

}  // namespace plexus::datasets
