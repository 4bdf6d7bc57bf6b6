#include <plexus/eval/ensemble.hpp>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {

const std::vector<std::string>& fusion_rules() {
  static const std::vector<std::string> rules{"mean", "vote", "staple", "squared-mean"};
  return rules;
}

at::Tensor fuse(const at::Tensor& members, const std::string& rule, double threshold) {
  if (rule == "mean") return members.mean(0);
  if (rule == "vote") return (members > threshold).to(at::kFloat).mean(0);
  if (rule == "staple") return staple(members > threshold).to(members.device());
  if (rule == "squared-mean") return members.mean(0).square();
  throw Error(ErrorKind::configuration, "no rule '" + rule + "' to fuse predictions" + did_you_mean(rule, fusion_rules()));
}

at::Tensor disagreement(const at::Tensor& members, const std::string& measure) {
  if (measure == "std") return members.std(0, /*unbiased=*/false);
  if (measure == "variance") return members.var(0, /*unbiased=*/false);
  if (measure == "entropy") {
    const auto p = members.mean(0);
    return -(at::xlogy(p, p) + at::xlogy(1 - p, 1 - p));
  }
  throw Error(ErrorKind::configuration,
              "no measure '" + measure + "' of disagreement" + did_you_mean(measure, {"std", "variance", "entropy"}));
}

}  // namespace plexus
