#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include "subject.hpp"

namespace plexus::parity {

// How far an outcome lies from a case's figures.
struct Verdict {
  bool passed = true;
  double worst = 0;     // largest abs(ours - reference) / scale
  std::string where;    // "logits.mean", "logits[17]", "step 2 loss"
  std::string problem;  // "" or what is wrong besides figures: a name, a shape, an output that is missing
};

// Names, shapes and order of parameters; shape, mean, std, min, max and every sample of each output; the terms of `steps`.
Verdict compare(const nlohmann::json& content, const Outcome& outcome);

}  // namespace plexus::parity
