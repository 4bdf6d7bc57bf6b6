#pragma once
#include <string>

#include <torch/nn/module.h>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// Every parameter and buffer with the names and in the order of Python's state_dict(): a module's own parameters, its own
// buffers, then its children as they were registered. Tensors are the module's own, detached, not copies. What Python would
// register with persistent=False belongs in a plain member instead.
TensorMap state_dict(const torch::nn::Module& module);

// Copies tensors by name, in any order. All is checked first, so a module is loaded whole or not touched. Error(data) lists
// every missing, unexpected and wrongly shaped tensor in one table; `where` names the file and network. As in Python, a
// missing `num_batches_tracked` (files from before PyTorch 0.4.1) is taken as 0, and types are converted, but never
// between integers and reals.
void load_state_dict(torch::nn::Module& module, const TensorMap& state, const std::string& where);

}  // namespace plexus
