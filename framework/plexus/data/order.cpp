#include <plexus/data/order.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

namespace plexus {

std::vector<std::int64_t> permutation(std::int64_t size, Rng key) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  key.shuffle(std::span<std::int64_t>(order));
  return order;
}

std::vector<std::vector<std::int64_t>> two_stream_batches(std::span<const std::int64_t> primary_permutation,
                                                          std::span<const std::vector<std::int64_t>> secondary_permutations,
                                                          std::int64_t batch_size, std::int64_t labeled_bs) {
  if (labeled_bs < 1 || labeled_bs > batch_size)
    throw std::invalid_argument("two_stream_batches: labeled_bs is not in 1 … batch_size");
  std::vector<std::int64_t> chain;
  for (const auto& one : secondary_permutations) chain.insert(chain.end(), one.begin(), one.end());
  const auto first = static_cast<std::size_t>(labeled_bs), second = static_cast<std::size_t>(batch_size - labeled_bs);
  const std::size_t count = primary_permutation.size() / first;
  if (chain.size() < count * second)
    throw std::invalid_argument("two_stream_batches: the secondary permutations are too short");
  std::vector<std::vector<std::int64_t>> batches;
  for (std::size_t b = 0; b < count; ++b) {
    auto& batch = batches.emplace_back(primary_permutation.begin() + static_cast<std::ptrdiff_t>(b * first),
                                       primary_permutation.begin() + static_cast<std::ptrdiff_t>((b + 1) * first));
    batch.insert(batch.end(), chain.begin() + static_cast<std::ptrdiff_t>(b * second),
                 chain.begin() + static_cast<std::ptrdiff_t>((b + 1) * second));
  }
  return batches;
}

namespace {

// Batches that one pass over the subset gives.
std::int64_t groups(const BatchOrder::Part& part) {
  if (part.order == Draws::Order::cycled) return std::max<std::int64_t>(1, part.size / part.count);
  return part.drop_last ? part.size / part.count : (part.size + part.count - 1) / part.count;
}

}  // namespace

BatchOrder::BatchOrder(std::vector<Part> parts, Rng key) : parts_(std::move(parts)), key_(key) {
  if (parts_.empty()) throw Error(ErrorKind::configuration, "a stream needs at least one part");
  for (auto& part : parts_) {
    if (part.count < 1) throw Error(ErrorKind::configuration, fmt::format("a part of {} rows", part.count));
    if (part.size < 1) throw Error(ErrorKind::configuration, "a part's subset is empty");
    if (groups(part) > 0) continue;
    throw Error(ErrorKind::configuration, fmt::format("{} samples do not fill the {} rows of a batch", part.size, part.count),
                "", "lower the batch size");
  }
}

std::int64_t BatchOrder::batches_per_epoch() const { return groups(parts_.front()); }

std::vector<std::vector<std::int64_t>> BatchOrder::batch(std::int64_t epoch, std::int64_t index) const {
  std::vector<std::vector<std::int64_t>> rows(parts_.size());
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto& part = parts_[p];
    const auto key = key_.fork("order").fork(p).fork(static_cast<std::uint64_t>(epoch));
    const auto pass = [&](std::int64_t round) {
      return part.order == Draws::Order::sequential ? std::vector<std::int64_t>()
                                                    : permutation(part.size, key.fork(static_cast<std::uint64_t>(round)));
    };
    // Where the group begins in the endless chain of passes, and the pass's usable length.
    const bool chained = part.order == Draws::Order::cycled;
    const std::int64_t per_pass = groups(part);
    std::int64_t round = chained ? index * part.count / part.size : index / per_pass;
    std::int64_t at = chained ? index * part.count % part.size : index % per_pass * part.count;
    auto order = pass(round);
    for (std::int64_t row = 0; row < part.count; ++row, ++at) {
      if (at == part.size) {
        if (!chained) break;  // the shorter last group
        order = pass(++round);
        at = 0;
      }
      rows[p].push_back(order.empty() ? at : order[static_cast<std::size_t>(at)]);
    }
  }
  return rows;
}

}  // namespace plexus
