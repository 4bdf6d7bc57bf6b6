#include "compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <torch/torch.h>

namespace plexus::parity {
namespace {

std::string text(const std::vector<std::int64_t>& shape) {
  std::ostringstream out;
  out << '[';
  for (std::size_t i = 0; i < shape.size(); ++i) out << (i ? ", " : "") << shape[i];
  out << ']';
  return out.str();
}

void fail(Verdict& verdict, const std::string& problem) {
  verdict.passed = false;
  if (verdict.problem.empty()) verdict.problem = problem;
}

// One figure. `spread`: the output's std, 0 where the scale is the figure itself.
void figure(Verdict& verdict, double ours, double reference, double spread, double tolerance, const std::string& where) {
  const double scale = spread > 0 ? spread : std::max(1.0, std::abs(reference));
  double error = std::abs(ours - reference) / scale;
  if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
  if (error > verdict.worst || verdict.where.empty()) {
    verdict.worst = error;
    verdict.where = where;
  }
  if (!(error <= tolerance)) verdict.passed = false;
}

void compare_entries(Verdict& verdict, const std::string& list, const nlohmann::json& expected, const Outcome& outcome) {
  const auto suffix = list == "parameters" ? std::string() : list.substr(std::string("parameters_").size());
  const auto found = outcome.parameters.find(suffix);
  const Entries none;
  const auto& ours = found == outcome.parameters.end() ? none : found->second;
  if (expected.empty()) return;
  for (std::size_t i = 0; i < std::max(ours.size(), expected.size()); ++i) {
    if (i >= ours.size()) return fail(verdict, list + " lack " + expected[i][0].get<std::string>());
    if (i >= expected.size()) return fail(verdict, list + " hold one too many: " + ours[i].first);
    const auto name = expected[i][0].get<std::string>();
    const auto shape = expected[i][1].get<std::vector<std::int64_t>>();
    if (ours[i].first != name || ours[i].second != shape) {
      return fail(verdict, list + ": entry " + std::to_string(i) + " is " + ours[i].first + " " + text(ours[i].second) +
                               " instead of " + name + " " + text(shape));
    }
  }
}

void compare_output(Verdict& verdict, const std::string& name, const nlohmann::json& expected, const Outcome& outcome,
                    double tolerance) {
  const auto found = outcome.outputs.find(name);
  if (found == outcome.outputs.end()) return fail(verdict, "no output '" + name + "'");
  const auto shape = expected.at("shape").get<std::vector<std::int64_t>>();
  if (found->second.sizes() != at::IntArrayRef(shape)) {
    return fail(verdict, "output " + name + " is " + text(found->second.sizes().vec()) + " instead of " + text(shape));
  }
  const auto values = found->second.detach().to(at::kCPU).to(at::kDouble).contiguous().flatten();
  const double spread = values.numel() == 1 ? 0 : expected.at("std").get<double>();
  const auto check = [&](double ours, double reference, const std::string& where) {
    figure(verdict, ours, reference, spread, tolerance, name + where);
  };
  // Even of exact values, mean and deviation are sums whose last bits depend on the order.
  const auto sum = [&](double ours, double reference, const std::string& where) {
    figure(verdict, ours, reference, spread, std::max(tolerance, 1e-12), name + where);
  };
  sum(values.mean().item<double>(), expected.at("mean").get<double>(), ".mean");
  sum(values.std(false).item<double>(), expected.at("std").get<double>(), ".std");
  check(values.min().item<double>(), expected.at("min").get<double>(), ".min");
  check(values.max().item<double>(), expected.at("max").get<double>(), ".max");
  const auto* data = values.data_ptr<double>();
  for (const auto& sample : expected.at("samples")) {
    const auto index = sample[0].get<std::int64_t>();
    if (index < 0 || index >= values.numel())
      return fail(verdict, "output " + name + " has no element " + std::to_string(index));
    check(data[index], sample[1].get<double>(), "[" + std::to_string(index) + "]");
  }
}

void compare_steps(Verdict& verdict, const nlohmann::json& expected, const Outcome& outcome, double tolerance) {
  if (expected.size() != outcome.steps.size()) {
    return fail(verdict, std::to_string(outcome.steps.size()) + " steps instead of " + std::to_string(expected.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [term, value] : expected[i].items()) {
      if (!value.is_number()) continue;
      const auto ours = outcome.steps[i].find(term);
      if (ours == outcome.steps[i].end()) return fail(verdict, "step " + std::to_string(i) + " has no term '" + term + "'");
      figure(verdict, ours->second, value.get<double>(), 0, tolerance, "step " + std::to_string(i) + " " + term);
    }
  }
}

}  // namespace

Verdict compare(const nlohmann::json& content, const Outcome& outcome) {
  Verdict verdict;
  const auto tolerance = content.at("tolerance").get<double>();
  for (const auto& [field, value] : content.items()) {
    if (field == "parameters" || field.starts_with("parameters_")) compare_entries(verdict, field, value, outcome);
  }
  for (const auto& [name, expected] : content.at("outputs").items())
    compare_output(verdict, name, expected, outcome, tolerance);
  if (content.contains("steps")) compare_steps(verdict, content.at("steps"), outcome, tolerance);
  return verdict;
}

}  // namespace plexus::parity
