#include <plexus/train/estimate.hpp>

#include <ATen/core/grad_mode.h>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/train/context.hpp>

namespace plexus {

std::unique_ptr<BatchStatistics> StatisticsEstimate::run(std::int64_t step, std::int64_t steps) {
  auto statistics = std::make_unique<BatchStatistics>(networks_);
  const auto refuse = [](const std::string& why) {
    throw Error(ErrorKind::configuration, why, "batch_norm: reestimate", "take batch_norm: running");
  };
  if (statistics->empty()) refuse("the networks have no batch-norm statistics to re-estimate");
  const at::NoGradGuard no_grad;
  const Autocast autocast(setting_.precision, setting_.device);
  streams_->seek(0);
  statistics->begin();
  std::vector<std::string> refreshed;
  for (std::int64_t i = 0; i < setting_.batches; ++i) {
    throw_if_stopped();
    auto batches = streams_->next();
    for (auto& [name, batch] : batches) move_batch(batch, setting_.device, setting_.channels_last);
    seed_torch(key_.fork(static_cast<std::uint64_t>(i)));
    refreshed = trainer_.refresh_statistics(StepBatches(std::move(batches), step, steps, i / streams_->batches_per_epoch()));
    if (refreshed.empty()) refuse("the trainer cannot re-estimate batch-norm statistics");
  }
  statistics->end(refreshed);
  return statistics;
}

}  // namespace plexus
