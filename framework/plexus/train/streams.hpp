#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/Device.h>

#include <plexus/data/loader.hpp>
#include <plexus/sdk/trainer.hpp>

namespace plexus {

// One batch of each stream, by the streams' names.
using StreamBatches = std::map<std::string, Batch, std::less<>>;

// The loaders of a phase, in step with each other: the first stream's epoch is the phase's.
class PhaseStreams {
 public:
  PhaseStreams(const Dataset& data, const Phase& phase, const std::vector<std::shared_ptr<const Transform>>& transforms,
               const Rng& key, LoaderOptions options);
  std::int64_t batches_per_epoch() const { return per_epoch_; }
  // The next batches will be the phase's `number`-th (from 0).
  void seek(std::int64_t number);
  StreamBatches next();  // on the CPU

 private:
  std::vector<Stream> streams_;
  std::vector<std::unique_ptr<Loader>> loaders_;
  std::int64_t per_epoch_ = 1;
};

// Cuts batches into `pieces`, each with its share of every part of the stream. Throws Error(configuration) where a part has
// fewer rows than that.
std::vector<StreamBatches> split_rows(StreamBatches batches, std::int64_t pieces);

void move_batch(Batch& batch, at::Device device, bool channels_last);

class StepBatches final : public StepInput {
 public:
  StepBatches(StreamBatches batches, std::int64_t step, std::int64_t steps, std::int64_t epoch)
      : batches_(std::move(batches)), step_(step), steps_(steps), epoch_(epoch) {}
  ~StepBatches() override;
  const Batch& operator[](std::string_view stream) const override;  // throws std::out_of_range naming those there are
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t epoch() const override { return epoch_; }

 private:
  StreamBatches batches_;
  std::int64_t step_, steps_, epoch_;
};

}  // namespace plexus
