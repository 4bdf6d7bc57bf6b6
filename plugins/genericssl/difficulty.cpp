#include "difficulty.hpp"

#include <torch/torch.h>

namespace plexus::genericssl {
namespace {

constexpr double kSmall = 1e-8;

}  // namespace

at::Tensor hard_dice(const at::Tensor& prediction, const at::Tensor& label, std::int64_t classes) {
  const auto pairs = label.to(at::kLong).flatten() * classes + prediction.flatten();
  const auto counts = pairs.bincount({}, classes * classes).view({classes, classes}).to(at::kDouble);
  const auto both = counts.diagonal();
  return (2 * both + kSmall) / (counts.sum(0) + counts.sum(1) + 2 * kSmall);
}

Difficulty::Difficulty(std::int64_t classes, std::int64_t window) : classes_(classes), window_(window) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  last_ = torch::full({classes}, kSmall, options);
  learnt_ = torch::zeros({classes}, options);
  unlearnt_ = torch::zeros({classes}, options);
  missing_ = torch::ones({classes}, options);
}

at::Tensor Difficulty::update(const at::Tensor& logits, const at::Tensor& label) {
  const at::NoGradGuard no_grad;
  const auto dice = hard_dice(logits.argmax(1), label, classes_);
  for (auto* held : {&last_, &learnt_, &unlearnt_, &missing_}) *held = held->to(dice.device());
  const auto gained = dice - last_;
  const auto change = gained * (dice / last_).log();  // never negative
  const double window = static_cast<double>(window_), kept = (window - 1) / window;
  const auto nothing = torch::zeros_like(change);
  learnt_ = kept * learnt_ + at::where(gained > 0, change, nothing) / window;
  unlearnt_ = kept * unlearnt_ + at::where(gained > 0, nothing, change) / window;
  missing_ = kept * missing_ + (1 - dice) / window;
  last_ = dice;
  const auto speed = ((unlearnt_ + kSmall) / (learnt_ + kSmall)).pow(0.2);
  return (static_cast<double>(classes_) * speed * missing_).to(at::kFloat);
}

void Difficulty::state(Archive& archive) {
  archive.item("difficulty.last", last_);
  archive.item("difficulty.learnt", learnt_);
  archive.item("difficulty.unlearnt", unlearnt_);
  archive.item("difficulty.missing", missing_);
}

}  // namespace plexus::genericssl
