#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <plexus/nn/pickle.hpp>

namespace torch::optim {
class Optimizer;
}

namespace plexus {

// State of SGD, Adam or AdamW in the layout of Python's optimizer.state_dict():
//   {"state": {index: {"momentum_buffer" | "step", "exp_avg", "exp_avg_sq"[, "max_exp_avg_sq"]}},
//    "param_groups": [{"lr", …, "params": [index, …]}]}
// Indices count the parameters over all groups. std::logic_error for an optimiser of another kind.
PickleValue optimizer_state(torch::optim::Optimizer& optimizer);

// Restores it exactly: buffers, step counts and the groups' values. Files of Python's optimisers are read as well. Error(data)
// where groups, parameters, shapes or the kind differ; the optimiser is then not touched.
void load_optimizer_state(torch::optim::Optimizer& optimizer, const PickleValue& state, const std::string& where);

// What authors keep beside the weights: {"epoch", "loss", "optimizer_state_dict"} (DiffRect's best_model.pth).
struct OriginalProgress {
  std::optional<std::int64_t> epoch;
  std::optional<double> loss;
  std::map<std::int64_t, at::Tensor> momentum;        // momentum_buffer by parameter index; those that have one
  std::vector<std::map<std::string, double>> groups;  // numeric values of each group: "lr", "momentum", "weight_decay", …
};
OriginalProgress original_progress(const PickleValue& file);

}  // namespace plexus
