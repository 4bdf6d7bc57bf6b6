#include "volume_cache.hpp"

#include <ATen/core/Tensor.h>

namespace plexus::datasets {

std::shared_ptr<const Sample> VolumeCache::get(std::size_t key, const std::function<Sample()>& read) {
  std::promise<std::shared_ptr<const Sample>> promise;
  {
    std::unique_lock lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      const auto future = found->second->sample;
      lock.unlock();
      return future.get();
    }
    recent_.push_front({key, promise.get_future().share(), 0});
    entries_[key] = recent_.begin();
  }
  try {
    auto sample = std::make_shared<const Sample>(read());
    promise.set_value(sample);
    const std::lock_guard lock(mutex_);
    auto& entry = *entries_.at(key);
    for (const auto& [name, tensor] : sample->fields) entry.bytes += static_cast<std::int64_t>(tensor.nbytes());
    bytes_ += entry.bytes;
    for (auto last = recent_.end(); bytes_ > limit_ && last != recent_.begin();) {
      --last;
      if (last->bytes == 0 || last->key == key) continue;
      bytes_ -= last->bytes;
      entries_.erase(last->key);
      last = recent_.erase(last);
    }
    return sample;
  } catch (...) {
    promise.set_exception(std::current_exception());
    const std::lock_guard lock(mutex_);
    recent_.erase(entries_.at(key));
    entries_.erase(key);
    throw;
  }
}

}  // namespace plexus::datasets
