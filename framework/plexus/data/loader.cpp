#include <plexus/data/loader.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>

#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/data/order.hpp>
#include <plexus/data/sample_cache.hpp>
#include <plexus/data/workers.hpp>

namespace plexus {
namespace {

using Transforms = std::vector<std::shared_ptr<const Transform>>;

struct Part {
  std::vector<std::size_t> indices;  // of the subset, in the data set
  Transforms transforms;             // the pipeline's, then the part's own
  std::size_t leading = 0;           // how many of them may be cached with the sample
};

struct Row {
  std::size_t part, index;
  std::int64_t position;  // in the epoch, of its part
};

// A batch on its way. `waiting` counts rows not yet there; the last one puts them together.
struct Pending {
  std::int64_t epoch = 0;
  std::vector<Row> rows;
  std::vector<std::int64_t> parts;
  std::vector<Sample> samples;
  std::vector<std::exception_ptr> failures;
  std::atomic<std::size_t> waiting{0};
  std::atomic<bool> dropped{false};
  bool ready = false;  // under the state's mutex
  Batch batch;
};

[[noreturn]] void rethrow_named(const std::string& id) {
  try {
    throw;
  } catch (const Error& error) {
    throw error.within("sample " + id);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::resource, "not enough memory", "sample " + id, "lower the batch size, --jobs or the cache");
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("sample {}: {}", id, error.what()));
  }
}

}  // namespace

struct Loader::State {
  const Dataset& data;
  Rng key;
  LoaderOptions options;
  std::vector<Part> parts;
  std::vector<std::int64_t> counts;  // rows of each part in a full batch
  BatchOrder order;
  SampleCache cache;
  bool may_cache;
  std::int64_t per_epoch, epoch = 0, batch = 0;  // of the next batch to give
  std::int64_t made_epoch = 0, made_batch = 0;   // of the next one to be begun

  std::deque<std::shared_ptr<Pending>> pending;
  std::mutex mutex;
  std::condition_variable changed;
  std::int64_t outstanding = 0;  // tasks that may still touch this state; under the mutex
  std::unique_ptr<Workers> workers;

  State(const Dataset& set, std::vector<Part> all, BatchOrder batches, Rng rng, LoaderOptions given)
      : data(set),
        key(rng),
        options(given),
        parts(std::move(all)),
        order(std::move(batches)),
        cache(given.cache_bytes),
        may_cache(given.cache_bytes > 0 && set.deterministic()),
        per_epoch(given.batches_per_epoch > 0 ? given.batches_per_epoch : order.batches_per_epoch()) {
    if (options.jobs > 0) workers = std::make_unique<Workers>(options.jobs);
  }

  Sample sample(const Row& row, std::int64_t at_epoch) {
    const auto& part = parts[row.part];
    const auto rng = key.fork("sample")
                         .fork(static_cast<std::uint64_t>(at_epoch))
                         .fork(row.part)
                         .fork(data.describe(row.index).id)
                         .fork(static_cast<std::uint64_t>(row.position));
    const auto apply = [&](Sample& sample, std::size_t from, std::size_t to) {
      for (std::size_t t = from; t < to; ++t) {
        auto own = rng.fork("transform").fork(t);
        part.transforms[t]->apply(sample, own);
      }
    };
    if (may_cache) {
      if (auto held = cache.find({row.part, row.index})) {
        if (part.leading < part.transforms.size()) held = SampleCache::copied(std::move(*held));
        apply(*held, part.leading, part.transforms.size());
        return std::move(*held);
      }
    }
    auto reading = rng.fork("read");
    auto made = data.get(row.index, reading);
    apply(made, 0, part.leading);
    if (may_cache) cache.keep({row.part, row.index}, made);
    apply(made, part.leading, part.transforms.size());
    return made;
  }

  // The rows of the next batch to be begun.
  std::shared_ptr<Pending> plan() {
    auto next = std::make_shared<Pending>();
    next->epoch = made_epoch;
    const auto chosen = order.batch(made_epoch, made_batch);
    for (std::size_t p = 0; p < parts.size(); ++p) {
      next->parts.push_back(static_cast<std::int64_t>(chosen[p].size()));
      const auto first = made_batch * counts[p];
      for (std::size_t i = 0; i < chosen[p].size(); ++i)
        next->rows.push_back(
            {p, parts[p].indices[static_cast<std::size_t>(chosen[p][i])], first + static_cast<std::int64_t>(i)});
    }
    next->samples.resize(next->rows.size());
    next->failures.resize(next->rows.size());
    next->waiting = next->rows.size();
    if (++made_batch == per_epoch) {
      made_batch = 0;
      ++made_epoch;
    }
    return next;
  }

  void make_row(Pending& work, std::size_t row) {
    if (!work.dropped) {
      try {
        const c10::NoGradGuard no_grad;
        try {
          work.samples[row] = sample(work.rows[row], work.epoch);
        } catch (...) {
          rethrow_named(data.describe(work.rows[row].index).id);
        }
      } catch (...) {
        work.failures[row] = std::current_exception();
      }
    }
    if (--work.waiting > 0) return;
    if (!work.dropped) finish(work);
    const std::lock_guard lock(mutex);
    work.ready = true;
    changed.notify_all();
  }

  void finish(Pending& work) {
    for (auto& failure : work.failures)
      if (failure) return;
    try {
      const c10::NoGradGuard no_grad;
      work.batch = collate(std::move(work.samples));
      work.batch.parts = work.parts;
    } catch (...) {
      work.failures.front() = std::current_exception();
    }
  }

  void fill() {
    const auto bound = static_cast<std::size_t>(std::max(1, options.prefetch));
    while (pending.size() < bound) {
      auto work = plan();
      pending.push_back(work);
      {
        const std::lock_guard lock(mutex);
        outstanding += static_cast<std::int64_t>(work->rows.size());
      }
      for (std::size_t row = 0; row < work->rows.size(); ++row) {
        workers->enqueue([this, work, row] {
          make_row(*work, row);
          const std::lock_guard lock(mutex);
          --outstanding;
          changed.notify_all();
        });
      }
    }
  }

  // Forgets what is in flight and waits until no task is left.
  void drop() {
    for (auto& work : pending) work->dropped = true;
    pending.clear();
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return outstanding == 0; });
    made_epoch = epoch;
    made_batch = batch;
  }

  std::shared_ptr<Pending> take() {
    if (!workers) {
      auto work = plan();
      for (std::size_t row = 0; row < work->rows.size(); ++row) make_row(*work, row);
      return work;
    }
    fill();
    auto work = pending.front();
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return work->ready; });
    }
    pending.pop_front();
    return work;
  }
};

Loader::Loader(const Dataset& data, const Stream& stream, std::vector<std::shared_ptr<const Transform>> common, Rng key,
               LoaderOptions options) {
  std::vector<Part> parts;
  std::vector<BatchOrder::Part> sizes;
  std::vector<std::int64_t> counts;
  for (const auto& draws : stream.parts) {
    Part part;
    part.indices = data.subset(draws.subset);
    if (part.indices.empty())
      throw Error(ErrorKind::configuration, fmt::format("the subset '{}' is empty", draws.subset), "stream " + stream.name);
    auto length = part.indices.size();
    for (const auto& other : draws.as_long_as) length = std::max(length, data.subset(other).size());
    for (auto size = part.indices.size(), i = size; i < length; ++i) part.indices.push_back(part.indices[i % size]);
    part.transforms = common;
    part.transforms.insert(part.transforms.end(), draws.transforms.begin(), draws.transforms.end());
    while (part.leading < part.transforms.size() && part.transforms[part.leading]->deterministic()) ++part.leading;
    sizes.push_back({static_cast<std::int64_t>(part.indices.size()), draws.count, draws.order, draws.drop_last});
    counts.push_back(draws.count);
    parts.push_back(std::move(part));
  }
  try {
    state_ = std::make_unique<State>(data, std::move(parts), BatchOrder(sizes, key), key, options);
  } catch (const Error& error) {
    throw error.within("stream " + stream.name);
  }
  state_->counts = std::move(counts);
}

Loader::~Loader() { state_->drop(); }

std::int64_t Loader::batches_per_epoch() const { return state_->per_epoch; }

Batch Loader::next() {
  auto& state = *state_;
  auto work = state.take();
  for (const auto& failure : work->failures) {
    if (!failure) continue;
    state.drop();
    std::rethrow_exception(failure);
  }
  if (++state.batch == state.per_epoch) {
    state.batch = 0;
    ++state.epoch;
  }
  if (state.workers) state.fill();
  return std::move(work->batch);
}

void Loader::seek(std::int64_t epoch, std::int64_t batch) {
  if (epoch < 0 || batch < 0 || batch >= state_->per_epoch) throw std::invalid_argument("Loader::seek: no such batch");
  state_->epoch = epoch;
  state_->batch = batch;
  state_->drop();
}

std::int64_t Loader::epoch() const { return state_->epoch; }
std::int64_t Loader::batch() const { return state_->batch; }
std::int64_t Loader::cached_bytes() const { return state_->cache.bytes(); }

}  // namespace plexus
