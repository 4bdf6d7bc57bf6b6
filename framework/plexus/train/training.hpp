#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <plexus/base/progress.hpp>
#include <plexus/train/averages.hpp>
#include <plexus/train/checkpoint.hpp>
#include <plexus/train/context.hpp>
#include <plexus/train/estimate.hpp>
#include <plexus/train/fit.hpp>
#include <plexus/train/minimiser.hpp>
#include <plexus/train/recorder.hpp>
#include <plexus/train/resume.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {

// One call of fit(): the loop and what it keeps.
class Training {
 public:
  Training(const FitInput& input, const FitOptions& options);
  FitResult run();

 private:
  // Weights as a checkpoint holds them.
  struct Weights {
    std::map<std::string, TensorMap> networks, averages;
  };
  using Clock = std::chrono::steady_clock;

  void load_previous();
  void load_networks();
  void start_phase();
  void run_phase();
  bool out_of_patience() const;
  void make_step();
  Losses work_on(StreamBatches batches, std::int64_t epoch, std::int64_t number);
  bool validation_due() const;
  bool epoch_ended(std::int64_t every) const;
  void validate();
  void record(const Score& score, bool better);
  bool checkpoint_due() const;
  void save_last(const Weights& weights);
  void stop_in_order();
  void finish();

  void read_losses();
  void refuse_bad_weights() const;
  Losses call_step(const StepInput& step, const std::vector<std::string>& ids);
  [[noreturn]] void fail_not_finite(const std::string& term, std::int64_t step) const;
  Weights weights() const;           // as they are
  Weights estimated(Weights known);  // with re-estimated statistics; what is known is not made again
  void capture(const WeightChoice& choice, Weights& weights) const;  // copies of what is in place
  Checkpoint checkpoint(const Weights& weights) const;
  std::vector<Network> trained() const;
  std::filesystem::path file(const std::string& name) const;
  Rng phase_key(const std::string& purpose) const;
  double seconds() const;
  FitResult result() const;

  const FitInput& input_;
  const FitOptions& options_;
  std::vector<Network> networks_;
  std::vector<Phase> phases_;
  Precision precision_;
  Rng key_;
  WeightChoice validated_weights_;
  Averages averages_;
  TrainingProgress progress_;
  std::optional<Checkpoint> previous_;  // until the first phase has taken it up

  // of the phase
  std::unique_ptr<HostContext> context_;
  std::unique_ptr<Minimiser> minimiser_;
  std::unique_ptr<PhaseStreams> streams_;
  std::unique_ptr<StatisticsEstimate> estimate_;
  std::unique_ptr<Progress> shown_;
  std::int64_t steps_ = 0;
  bool looked_ = false;  // whether the log has the shapes and loss terms of what this process works on

  std::unique_ptr<Recorder> recorder_;
  Clock::time_point started_ = Clock::now(), saved_ = Clock::now();
  double seconds_before_ = 0;
  std::vector<float> step_seconds_;
};

}  // namespace plexus
