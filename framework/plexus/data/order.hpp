#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/sdk/trainer.hpp>

namespace plexus {

// Numbers 0 … size - 1 in an order that depends on the key alone.
std::vector<std::int64_t> permutation(std::int64_t size, Rng key);

// One epoch of two-part batches: `labeled_bs` rows from the primary permutation, whose remainder is dropped, then
// batch_size - labeled_bs rows from the chained secondary permutations, whose groups run on from one into the next.
// Throws std::invalid_argument where the secondary ones are too short.
std::vector<std::vector<std::int64_t>> two_stream_batches(std::span<const std::int64_t> primary_permutation,
                                                          std::span<const std::vector<std::int64_t>> secondary_permutations,
                                                          std::int64_t batch_size, std::int64_t labeled_bs);

// Which rows of each part's subset form a batch.
class BatchOrder {
 public:
  struct Part {
    std::int64_t size;   // of the subset
    std::int64_t count;  // rows in the batch
    Draws::Order order;
    bool drop_last;
  };
  // Throws Error(configuration) where a part is empty, or the first one holds fewer samples than its count and drops them.
  BatchOrder(std::vector<Part> parts, Rng key);
  // Batches until the first part is through; of a cycled first part as many as fit in one permutation, at least one.
  std::int64_t batches_per_epoch() const;
  // For each part the positions in its subset. Batches beyond the epoch's end are defined: parts go on with their next
  // permutation (shuffled: after dropping the remainder; sequential: from the start again).
  std::vector<std::vector<std::int64_t>> batch(std::int64_t epoch, std::int64_t index) const;

 private:
  std::vector<Part> parts_;
  Rng key_;
};

}  // namespace plexus
