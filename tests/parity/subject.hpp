#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace torch::nn {
class Module;
}

namespace plexus::parity {

// [name, shape] of each state-dict entry, in order.
using Entries = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

// A parity case with its inputs made by the fill rule.
struct Case {
  std::string name, subject;  // "unet2d_default_eval", "diffrect.unet2d"
  nlohmann::json config;
  bool train = false;                        // mode
  std::map<std::string, at::Tensor> inputs;  // by their whole (fill) name; float32, labels and whole values int64
  std::filesystem::path shared;              // the folder of config.file and checkpoints
  std::filesystem::path checkpoint;          // the case's `checkpoint` (or that in its config), absolute; empty: none

  // The input of this role: `role` itself, "tag.role", "role@tag", "role/tag" or "role.tag". Throws where there is none, or more
  // than one.
  const at::Tensor& input(const std::string& role) const;
  bool has_input(const std::string& role) const;
  // config[key], or `otherwise` where the case leaves it out.
  template <class T>
  T option(const std::string& key, T otherwise) const {
    return config.contains(key) ? config.at(key).get<T>() : otherwise;
  }
  // The floating type of networks and losses, config.dtype: float32 unless it says float64.
  at::ScalarType dtype() const;
};

// What a subject gives back. Outputs that a case does not list are not looked at; one that it lists must be here.
struct Outcome {
  std::map<std::string, at::Tensor> outputs;
  std::vector<std::map<std::string, double>> steps;  // training cases: loss terms of each optimiser step
  std::map<std::string, Entries> parameters;         // "" for `parameters`, "NAME" for `parameters_NAME`
};

using Subject = std::function<Outcome(const Case&)>;

class Subjects {
 public:
  void add(std::string name, Subject subject) { all_[std::move(name)] = std::move(subject); }
  const Subject* find(const std::string& name) const;

 private:
  std::map<std::string, Subject> all_;
};

// Fills parameters and buffers by the rule; returns the state-dict entries. Computed in double, then rounded to each
// tensor's own type.
Entries fill_module(torch::nn::Module& module);
// Turns floating parameters and buffers into another type; counters stay integers (Module::to changes them as well).
void convert(torch::nn::Module& module, at::ScalarType type);

// Each file that plexus_add_plugin names after PARITY, plugins/<plugin>/<stem>.cpp, defines in this namespace
// void register_<plugin>_<stem>(Subjects& subjects); the runner calls them all.

}  // namespace plexus::parity
