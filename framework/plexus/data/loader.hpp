#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus {

struct LoaderOptions {
  int jobs = 1;                        // worker threads; 0: everything on the caller's thread
  std::int64_t cache_bytes = 0;        // memory for samples after reading and the leading deterministic transforms; 0: none
  int prefetch = 4;                    // batches made ahead: the bound of memory in flight
  std::int64_t batches_per_epoch = 0;  // of streams that follow the first one's epochs; 0: the stream's own
};

// Makes the batches of a stream on worker threads of its own, in order. Each sample's randomness is keyed by (key, epoch,
// part, sample id, position in the epoch): batches are equal bit for bit whatever `jobs`, the cache and the prefetch.
// Workers calculate with one thread each and never touch a device. Used from one thread.
class Loader {
 public:
  // The data set must outlive the loader. `common` come before each part's own transforms. Throws Error(configuration) where
  // a part's subset is empty or too small, Error(data) where it is unknown.
  Loader(const Dataset& data, const Stream& stream, std::vector<std::shared_ptr<const Transform>> common, Rng key,
         LoaderOptions options = {});
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader();  // drops what is in flight; waits only for samples being read

  std::int64_t batches_per_epoch() const;
  // The next batch (on the CPU), waiting for it where need be; after an epoch's last comes the next epoch's first. Rethrows
  // what a worker threw, an Error with the sample's id in front; the loader may then be asked for the same batch again.
  Batch next();
  // The next batch to come will be this one of this epoch.
  void seek(std::int64_t epoch, std::int64_t batch);
  // Place of the batch that `next` gives.
  std::int64_t epoch() const;
  std::int64_t batch() const;
  std::int64_t cached_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plexus
