#include <plexus/data/sample_cache.hpp>

#include <ATen/ATen.h>

namespace plexus {

std::optional<Sample> SampleCache::find(Key key) const {
  const std::lock_guard lock(mutex_);
  const auto found = samples_.find(key);
  return found == samples_.end() ? std::nullopt : std::optional<Sample>(found->second);
}

void SampleCache::keep(Key key, const Sample& sample) {
  std::int64_t size = 0;
  for (const auto& [name, tensor] : sample.fields) size += static_cast<std::int64_t>(tensor.nbytes());
  {
    const std::lock_guard lock(mutex_);
    if (bytes_ + size > limit_ || samples_.count(key) != 0) return;
    bytes_ += size;
  }
  auto kept = copied(sample);
  const std::lock_guard lock(mutex_);
  if (!samples_.emplace(key, std::move(kept)).second) bytes_ -= size;
}

Sample SampleCache::copied(Sample sample) {
  for (auto& [name, tensor] : sample.fields) tensor = tensor.clone(at::MemoryFormat::Contiguous);
  return sample;
}

std::int64_t SampleCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace plexus
