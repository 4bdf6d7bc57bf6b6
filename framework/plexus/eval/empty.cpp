#include <plexus/eval/empty.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr double not_defined = std::numeric_limits<double>::quiet_NaN();

}  // namespace

const std::vector<std::string>& empty_rule_names() {
  static const std::vector<std::string> names{"nan", "nnunet", "one", "diffrect-validation", "diffrect-test", "genericssl"};
  return names;
}

EmptyRule empty_rule(const std::string& name) {
  const auto& names = empty_rule_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw Error(ErrorKind::configuration, "no rule '" + name + "' for empty masks", "empty", "choose " + join(names, ", "));
  return static_cast<EmptyRule>(found - names.begin());
}

std::string Emptiness::text() const { return both() ? "both empty" : prediction ? "prediction empty" : "truth empty"; }

std::optional<double> empty_share(EmptyRule rule, Emptiness empty) {
  if (!empty.any()) return std::nullopt;
  switch (rule) {
    case EmptyRule::nan:
    case EmptyRule::nnunet:
      return std::nullopt;
    case EmptyRule::one:
      return empty.both() ? 1.0 : 0.0;
    case EmptyRule::genericssl:
      return empty.both() ? 0.01 : 0.0;
    case EmptyRule::diffrect_validation:
    case EmptyRule::diffrect_test:
      break;
  }
  return 0.0;
}

double empty_distance(EmptyRule rule, Emptiness empty, DistanceKind kind) {
  switch (rule) {
    case EmptyRule::nan:
    case EmptyRule::nnunet:
      break;
    case EmptyRule::one:
      return empty.both() ? 0.0 : not_defined;
    case EmptyRule::diffrect_validation:
      return 0.0;
    case EmptyRule::diffrect_test:
      return kind == DistanceKind::hausdorff ? 50.0 : 10.0;
    case EmptyRule::genericssl:
      return empty.both() ? 0.0 : 128.0;
  }
  return not_defined;
}

void declare_empty(Options& options, std::string& empty, const PresetValues& others) {
  options.add("empty", empty, "what a case counts where a mask is empty").one_of(empty_rule_names());
  const auto preset = [&](const std::string& name, const std::string& doc, const std::string& rule, const std::string& unit) {
    std::vector<std::pair<std::string, std::string>> values{{"empty", rule}};
    if (!others.medpy_rule.empty()) values.emplace_back("rule", others.medpy_rule);
    if (others.unit && !unit.empty()) values.emplace_back("unit", unit);
    options.preset(name, doc, std::move(values));
  };
  preset("medpy", "MedPy's definitions", "nan", "");
  preset("nnunet", "as nnU-Net v1 reports them", "nnunet", "");
  preset("diffrect-validation", "as DiffRect's training validates", "diffrect-validation", "voxels");
  preset("diffrect-test", "as DiffRect's test program prints them", "diffrect-test", "voxels");
  preset("genericssl", "as GenericSSL's evaluation counts them", "genericssl", "voxels");
}

}  // namespace plexus
