#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plexus/base/reserved.hpp>
#include <plexus/sdk/context.hpp>
#include <plexus/sdk/model.hpp>
#include <plexus/sdk/transform.hpp>

namespace torch::optim {
class Optimizer;
}

namespace plexus {

// How one part of a batch is drawn from a subset.
//   shuffled: a permutation an epoch, cut into groups, the remainder dropped where drop_last
//   cycled:   an endless chain of permutations, begun anew each epoch; groups run on from one permutation into the next
//   sequential: the subset's own order, begun anew each epoch
struct Draws {
  enum class Order { shuffled, cycled, sequential };
  std::string subset;
  std::int64_t count = 1;                                 // rows in the batch
  Order order = Order::shuffled;
  bool drop_last = true;
  std::vector<std::shared_ptr<const Transform>> transforms = {};  // after those of the pipeline; run on data workers
  // The subset counts as long as the longest of these, its samples taken over and over (index modulo its size), so that parts
  // of unequal size end their epochs together.
  std::vector<std::string> as_long_as = {};
  Reserved reserved = {};
};

// A batch made of parts, in this order: {labeled, unlabeled} for the two-stream batches of semi-supervised methods.
struct Stream {
  std::string name;
  std::vector<Draws> parts;
  Reserved reserved = {};
};

// A stretch of one training. Either `steps` or `epochs` is set; an epoch ends where the first stream's first part does.
struct Phase {
  std::string name;
  std::int64_t steps = 0, epochs = 0;
  std::vector<Stream> streams;
  Reserved reserved = {};
};

// Factor on the base learning rate at a step (0, 1, …) of the phase; empty: constant. train/schedules.hpp has the usual.
using Schedule = std::function<double(std::int64_t step)>;

struct Optimizer {
  std::string name;
  std::shared_ptr<torch::optim::Optimizer> of;            // made by the trainer; its groups' lr are the base rates
  Schedule schedule = {};
  double clip = 0;                                        // largest gradient norm; 0: none
  Schedule by_epoch = {};                                 // a second factor, at the epoch (0, 1, …) instead of the step
  Reserved reserved = {};
};

// What one step works on.
class StepInput {
 public:
  virtual ~StepInput();
  virtual const Batch& operator[](std::string_view stream) const = 0;
  virtual std::int64_t step() const = 0;                  // 0, 1, … in the phase
  virtual std::int64_t steps() const = 0;                 // of the phase in all
  virtual std::int64_t epoch() const = 0;
};

// Named terms, detached, still on the device: the host reads them only when it logs.
using Losses = std::vector<std::pair<std::string, at::Tensor>>;

struct Score {
  double value = 0;                                       // the best checkpoint has the highest
  std::vector<std::pair<std::string, double>> details;    // for log, curves and report
  Reserved reserved = {};
};

// Lent to Trainer::validate.
class Validation {
 public:
  virtual ~Validation();
  // Model::predict over a subset, the stage's metrics, mean over foreground classes and cases of the first of them.
  virtual Score by_metrics(const std::string& subset) = 0;
  virtual void each(const std::string& subset, const std::function<void(const Batch&)>& visit) = 0;
};

// Saves and restores counters beside the weights; the same calls do both.
class Archive {
 public:
  virtual ~Archive();
  virtual void item(const std::string& name, std::int64_t& value) = 0;
  virtual void item(const std::string& name, double& value) = 0;
  virtual void item(const std::string& name, at::Tensor& value) = 0;
};

// A method's way to train a Model. `step` is the paper, top to bottom; loops, logs, checkpoints, precision, averages,
// learning rates and resumption belong to the host.
class Trainer {
 public:
  virtual ~Trainer();
  virtual std::vector<Phase> phases() const = 0;
  // Makes the optimisers of a phase; networks are on the device.
  virtual std::vector<Optimizer> start(const Phase& phase, Context& context) = 0;
  virtual Losses step(const StepInput& input, Context& context) = 0;
  virtual void end_epoch(std::int64_t epoch, Context& context);
  // Default: by_metrics("val").
  virtual std::optional<Score> validate(Validation& validation, Context& context);
  // One forward pass, in train mode, of the networks used to predict, on a training batch as `predict` would see it: for
  // re-estimating batch-norm statistics. Returns the names of those networks; default: none, and the option is refused.
  virtual std::vector<std::string> refresh_statistics(const StepInput& input);
  virtual void state(Archive& archive);
};

}  // namespace plexus
