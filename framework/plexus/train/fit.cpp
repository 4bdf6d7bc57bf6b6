#include <plexus/train/fit.hpp>

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <plexus/train/training.hpp>

namespace plexus {
namespace {

// LibTorch's process-wide switches, as they were afterwards.
class DeterministicOperations {
 public:
  explicit DeterministicOperations(bool wanted)
      : were_(at::globalContext().deterministicAlgorithms()), benchmark_(at::globalContext().benchmarkCuDNN()) {
    if (!wanted) return;
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setBenchmarkCuDNN(false);
  }
  DeterministicOperations(const DeterministicOperations&) = delete;
  DeterministicOperations& operator=(const DeterministicOperations&) = delete;
  ~DeterministicOperations() {
    at::globalContext().setDeterministicAlgorithms(were_, false);
    at::globalContext().setBenchmarkCuDNN(benchmark_);
  }

 private:
  bool were_, benchmark_;
};

}  // namespace

FitResult fit(const FitInput& input, const FitOptions& options) {
  if (options.compute_threads > 0) at::set_num_threads(options.compute_threads);
  const DeterministicOperations deterministic(options.deterministic);
  return Training(input, options).run();
}

}  // namespace plexus
