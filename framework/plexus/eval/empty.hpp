#pragma once
#include <optional>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>

namespace plexus {

// What counts where a mask is empty; builtin.hpp says what each is.
enum class EmptyRule { nan, nnunet, one, diffrect_validation, diffrect_test, genericssl };
EmptyRule empty_rule(const std::string& name);
const std::vector<std::string>& empty_rule_names();

struct Emptiness {
  bool prediction = false, truth = false;
  bool any() const { return prediction || truth; }
  bool both() const { return prediction && truth; }
  // "both empty", "prediction empty", "truth empty"
  std::string text() const;
};

// In place of Dice and its kin; none: the plain formula holds.
std::optional<double> empty_share(EmptyRule rule, Emptiness empty);
// In place of a distance where `empty.any()`; NaN: not defined.
enum class DistanceKind { hausdorff, average };
double empty_distance(EmptyRule rule, Emptiness empty, DistanceKind kind);

// The option `empty`, and the presets, which set it and those of `others` that they have a value for.
struct PresetValues {
  std::string medpy_rule;  // the option `rule` as MedPy has it; "": the metric has no such option
  bool unit = false;       // the metric has an option `unit`
};
void declare_empty(Options& options, std::string& empty, const PresetValues& others);

}  // namespace plexus
