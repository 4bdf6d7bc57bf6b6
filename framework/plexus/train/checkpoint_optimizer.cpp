#include <plexus/train/checkpoint_optimizer.hpp>

#include <fmt/format.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

using torch::optim::OptimizerParamGroup;
using torch::optim::OptimizerParamState;
using Entries = PickleValue::Entries;

double number(const PickleValue& group, std::string_view name, double otherwise) {
  const auto* value = group.find(name);
  return value == nullptr ? otherwise : value->real();
}

bool flag(const PickleValue& group, std::string_view name, bool otherwise) {
  const auto* value = group.find(name);
  return value == nullptr ? otherwise : value->flag();
}

at::Tensor buffer(const PickleValue& value, const at::Tensor& parameter) {
  const auto& tensor = value.tensor();
  if (tensor.sizes() != parameter.sizes()) {
    throw Error(ErrorKind::data, "a buffer has another shape than its parameter");
  }
  return tensor.to(parameter.device()).clone();
}

// How one kind of optimiser keeps its settings and the state of a parameter.
struct SgdLayout {
  static void write(const torch::optim::SGDOptions& options, Entries& group) {
    group.insert(group.end(), {{"lr", options.lr()},
                               {"momentum", options.momentum()},
                               {"dampening", options.dampening()},
                               {"weight_decay", options.weight_decay()},
                               {"nesterov", options.nesterov()}});
  }
  static Entries write(const torch::optim::SGDParamState& state) {
    if (!state.momentum_buffer().defined()) return {};
    return {{"momentum_buffer", state.momentum_buffer()}};
  }
  static void read(const PickleValue& group, torch::optim::SGDOptions& options) {
    if (group.find("betas") != nullptr) throw Error(ErrorKind::data, "it is the state of Adam, not of SGD");
    options.lr(group.at("lr").real());
    options.momentum(number(group, "momentum", options.momentum()));
    options.dampening(number(group, "dampening", options.dampening()));
    options.weight_decay(number(group, "weight_decay", options.weight_decay()));
    options.nesterov(flag(group, "nesterov", options.nesterov()));
  }
  static std::unique_ptr<OptimizerParamState> read(const PickleValue& entry, const at::Tensor& parameter) {
    const auto* momentum = entry.find("momentum_buffer");
    if (momentum == nullptr || momentum->is_none()) return nullptr;
    auto state = std::make_unique<torch::optim::SGDParamState>();
    state->momentum_buffer(buffer(*momentum, parameter));
    return state;
  }
};

template <class Options, class State>
struct AdamLayout {
  static void write(const Options& options, Entries& group) {
    const auto [first, second] = options.betas();
    group.insert(group.end(), {{"lr", options.lr()},
                               {"betas", PickleValue::tuple({first, second})},
                               {"eps", options.eps()},
                               {"weight_decay", options.weight_decay()},
                               {"amsgrad", options.amsgrad()},
                               {"capturable", false}});
  }
  static Entries write(const State& state) {
    Entries entry{
        {"step", static_cast<std::int64_t>(state.step())}, {"exp_avg", state.exp_avg()}, {"exp_avg_sq", state.exp_avg_sq()}};
    if (state.max_exp_avg_sq().defined()) entry.emplace_back("max_exp_avg_sq", state.max_exp_avg_sq());
    return entry;
  }
  static void read(const PickleValue& group, Options& options) {
    if (group.find("betas") == nullptr) throw Error(ErrorKind::data, "it is not the state of Adam");
    const auto& betas = group.at("betas").items();
    if (betas.size() != 2) throw Error(ErrorKind::data, "its betas are not two numbers");
    options.lr(group.at("lr").real());
    options.betas(std::make_tuple(betas[0].real(), betas[1].real()));
    options.eps(number(group, "eps", options.eps()));
    options.weight_decay(number(group, "weight_decay", options.weight_decay()));
    options.amsgrad(flag(group, "amsgrad", options.amsgrad()));
  }
  static std::unique_ptr<OptimizerParamState> read(const PickleValue& entry, const at::Tensor& parameter) {
    auto state = std::make_unique<State>();
    state->step(entry.at("step").integer());
    state->exp_avg(buffer(entry.at("exp_avg"), parameter));
    state->exp_avg_sq(buffer(entry.at("exp_avg_sq"), parameter));
    if (const auto* largest = entry.find("max_exp_avg_sq")) state->max_exp_avg_sq(buffer(*largest, parameter));
    return state;
  }
};

template <class Options, class State, class Layout>
PickleValue save(torch::optim::Optimizer& optimizer) {
  Entries states;
  PickleValue::Items groups;
  std::int64_t index = 0;
  for (auto& group : optimizer.param_groups()) {
    Entries entries;
    Layout::write(static_cast<const Options&>(group.options()), entries);
    // What Python's own load_state_dict expects beside them.
    entries.insert(entries.end(),
                   {{"maximize", false}, {"foreach", PickleValue()}, {"differentiable", false}, {"fused", PickleValue()}});
    PickleValue::Items indices;
    for (const auto& parameter : group.params()) {
      indices.emplace_back(index);
      const auto found = optimizer.state().find(parameter.unsafeGetTensorImpl());
      if (found != optimizer.state().end()) {
        auto entry = Layout::write(static_cast<const State&>(*found->second));
        if (!entry.empty()) states.emplace_back(index, PickleValue::dict(std::move(entry)));
      }
      ++index;
    }
    entries.emplace_back("params", PickleValue::list(std::move(indices)));
    groups.push_back(PickleValue::dict(std::move(entries)));
  }
  return PickleValue::dict(
      {{"state", PickleValue::dict(std::move(states))}, {"param_groups", PickleValue::list(std::move(groups))}});
}

template <class Options, class State, class Layout>
void load(torch::optim::Optimizer& optimizer, const PickleValue& value) {
  auto& groups = optimizer.param_groups();
  const auto& stored_groups = value.at("param_groups").items();
  const auto& stored = value.at("state");
  if (stored_groups.size() != groups.size()) {
    throw Error(ErrorKind::data,
                fmt::format("it has {} parameter groups, the optimiser {}", stored_groups.size(), groups.size()));
  }
  // Everything is read before anything is set, so that a wrong file leaves the optimiser as it was.
  std::vector<Options> options;
  std::vector<std::pair<void*, std::unique_ptr<OptimizerParamState>>> states;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    options.push_back(static_cast<const Options&>(groups[g].options()));
    Layout::read(stored_groups[g], options.back());
    const auto& indices = stored_groups[g].at("params").items();
    const auto& parameters = groups[g].params();
    if (indices.size() != parameters.size()) {
      throw Error(ErrorKind::data,
                  fmt::format("group {} has {} parameters, the optimiser's {}", g, indices.size(), parameters.size()));
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto index = indices[i].integer();
      const auto* entry = stored.find(index);
      try {
        states.emplace_back(parameters[i].unsafeGetTensorImpl(),
                            entry == nullptr ? nullptr : Layout::read(*entry, parameters[i]));
      } catch (const Error& error) {
        throw error.within(fmt::format("parameter {}", index));
      }
    }
  }
  for (std::size_t g = 0; g < groups.size(); ++g) static_cast<Options&>(groups[g].options()) = options[g];
  for (auto& [parameter, state] : states) {
    if (state) {
      optimizer.state()[parameter] = std::move(state);
    } else {
      optimizer.state().erase(parameter);
    }
  }
}

using torch::optim::AdamOptions;
using torch::optim::AdamParamState;
using torch::optim::AdamWOptions;
using torch::optim::AdamWParamState;
using torch::optim::SGDOptions;
using torch::optim::SGDParamState;

}  // namespace

PickleValue optimizer_state(torch::optim::Optimizer& optimizer) {
  if (dynamic_cast<torch::optim::SGD*>(&optimizer) != nullptr) return save<SGDOptions, SGDParamState, SgdLayout>(optimizer);
  if (dynamic_cast<torch::optim::Adam*>(&optimizer) != nullptr) {
    return save<AdamOptions, AdamParamState, AdamLayout<AdamOptions, AdamParamState>>(optimizer);
  }
  if (dynamic_cast<torch::optim::AdamW*>(&optimizer) != nullptr) {
    return save<AdamWOptions, AdamWParamState, AdamLayout<AdamWOptions, AdamWParamState>>(optimizer);
  }
  throw std::logic_error("only the state of SGD, Adam and AdamW can be saved");
}

void load_optimizer_state(torch::optim::Optimizer& optimizer, const PickleValue& state, const std::string& where) try {
  if (dynamic_cast<torch::optim::SGD*>(&optimizer) != nullptr) {
    load<SGDOptions, SGDParamState, SgdLayout>(optimizer, state);
  } else if (dynamic_cast<torch::optim::Adam*>(&optimizer) != nullptr) {
    load<AdamOptions, AdamParamState, AdamLayout<AdamOptions, AdamParamState>>(optimizer, state);
  } else if (dynamic_cast<torch::optim::AdamW*>(&optimizer) != nullptr) {
    load<AdamWOptions, AdamWParamState, AdamLayout<AdamWOptions, AdamWParamState>>(optimizer, state);
  } else {
    throw std::logic_error("only the state of SGD, Adam and AdamW can be loaded");
  }
} catch (const Error& error) {
  throw error.within(where);
}

OriginalProgress original_progress(const PickleValue& file) {
  OriginalProgress progress;
  if (const auto* epoch = file.find("epoch")) progress.epoch = epoch->integer();
  if (const auto* loss = file.find("loss")) progress.loss = loss->real();
  const auto* optimizer = file.find("optimizer_state_dict");
  if (optimizer == nullptr) optimizer = file.find("optimizer");
  if (optimizer == nullptr) return progress;
  for (const auto& [index, entry] : optimizer->at("state").entries()) {
    const auto* momentum = entry.find("momentum_buffer");
    if (momentum != nullptr && momentum->is_tensor()) progress.momentum.emplace(index.integer(), momentum->tensor());
  }
  for (const auto& group : optimizer->at("param_groups").items()) {
    std::map<std::string, double> values;
    for (const auto& [name, value] : group.entries()) {
      if (value.kind() == PickleValue::Kind::real || value.kind() == PickleValue::Kind::integer)
        values.emplace(name.text(), value.real());
    }
    progress.groups.push_back(std::move(values));
  }
  return progress;
}

}  // namespace plexus
