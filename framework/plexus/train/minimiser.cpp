#include <plexus/train/minimiser.hpp>

#include <ATen/Functions.h>
#include <torch/optim/optimizer.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

std::vector<at::Tensor> defined_gradients(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

// Of all together; a tensor on their device, so that the host need not wait for it.
at::Tensor common_norm(const std::vector<at::Tensor>& tensors) {
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(tensors)), 2);
}

void clip_norm(std::vector<at::Tensor>& gradients, double limit) {
  const auto factor = at::clamp_max(limit / (common_norm(gradients) + 1e-6), 1.0);
  for (auto& gradient : gradients) gradient.mul_(factor);
}

}  // namespace

Minimiser::Minimiser(std::vector<Optimizer> optimizers, const Settings& settings, at::Device device)
    : optimizers_(std::move(optimizers)), settings_(settings), device_(device), scaler_(settings.precision == Precision::fp16) {
  for (const auto& optimizer : optimizers_) {
    auto& rates = base_rates_.emplace_back();
    for (const auto& group : optimizer.of->param_groups()) rates.push_back(group.options().get_lr());
  }
}

void Minimiser::begin_step(std::int64_t step, std::int64_t epoch) {
  pending_.clear();
  totals_.assign(optimizers_.size(), {});
  norms_.clear();
  overflowed_ = false;
  for (std::size_t i = 0; i < optimizers_.size(); ++i) {
    const auto& [schedule, by_epoch] = std::tie(optimizers_[i].schedule, optimizers_[i].by_epoch);
    if (!schedule && !by_epoch) continue;
    const auto factor = (schedule ? schedule(step) : 1.0) * (by_epoch ? by_epoch(epoch) : 1.0);
    auto& groups = optimizers_[i].of->param_groups();
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g].options().set_lr(base_rates_[i][g] * factor);
  }
}

void Minimiser::begin_piece(double weight) {
  weight_ = weight;
  calls_.assign(optimizers_.size(), 0);
}

std::size_t Minimiser::index_of(std::string_view name) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < optimizers_.size(); ++i) {
    if (optimizers_[i].name == name) return i;
    names.push_back(optimizers_[i].name);
  }
  throw std::logic_error("there is no optimiser '" + std::string(name) + "'; there is " + join(names, ", "));
}

std::vector<at::Tensor> Minimiser::parameters(std::size_t optimizer) const {
  std::vector<at::Tensor> all;
  for (const auto& group : optimizers_[optimizer].of->param_groups()) {
    all.insert(all.end(), group.params().begin(), group.params().end());
  }
  return all;
}

void Minimiser::minimise(std::string_view optimizer, const at::Tensor& loss) {
  const auto index = index_of(optimizer);
  const NoAutocast full_precision(device_);
  const auto share = loss.detach().to(at::kFloat) * weight_;
  totals_[index] = totals_[index].defined() ? totals_[index] + share : share;
  optimizers_[index].of->zero_grad();
  const auto factor = weight_ * scaler_.scale();
  (factor == 1 ? loss : loss * factor).backward();
  if (weight_ == 1) {
    apply(index);
    drop_autocast_copies();
  } else {
    keep(index);
  }
}

void Minimiser::keep(std::size_t optimizer) {
  const auto call = calls_[optimizer]++;
  auto found = std::find_if(pending_.begin(), pending_.end(),
                            [&](const auto& one) { return one.optimizer == optimizer && one.call == call; });
  const auto all = parameters(optimizer);
  if (found == pending_.end()) {
    pending_.push_back({optimizer, call, std::vector<at::Tensor>(all.size())});
    found = pending_.end() - 1;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& sum = found->gradients[i];
    auto& gradient = all[i].mutable_grad();
    if (!gradient.defined()) continue;
    if (sum.defined()) {
      sum.add_(gradient);
    } else {
      sum = std::move(gradient);
    }
    gradient.reset();
  }
}

bool Minimiser::unscale(const std::vector<at::Tensor>& gradients) {
  auto overflow = at::zeros({1}, gradients.front().options().dtype(at::kFloat));
  const auto inverse = at::full({1}, 1.0 / scaler_.scale(), overflow.options());
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, overflow, inverse);
  return overflow.item<float>() == 0;
}

void Minimiser::apply(std::size_t optimizer) {
  const at::NoGradGuard no_grad;
  auto gradients = defined_gradients(parameters(optimizer));
  if (gradients.empty()) {
    throw std::logic_error("the loss does not reach a parameter of optimiser '" + optimizers_[optimizer].name + "'");
  }
  if (scaler_.active() && !unscale(gradients)) {
    overflowed_ = true;
    return;
  }
  if (settings_.log_norms) {
    const auto& name = optimizers_[optimizer].name;
    norms_[name + ".grad_norm"] = common_norm(gradients);
    norms_[name + ".param_norm"] = common_norm(parameters(optimizer));
  }
  const auto limit = settings_.clip > 0 ? settings_.clip : optimizers_[optimizer].clip;
  if (limit > 0) clip_norm(gradients, limit);
  optimizers_[optimizer].of->step();
}

void Minimiser::end_step() {
  for (auto& one : pending_) {
    const auto all = parameters(one.optimizer);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].mutable_grad() = std::move(one.gradients[i]);
    apply(one.optimizer);
  }
  if (!pending_.empty()) drop_autocast_copies();
  pending_.clear();
  scaler_.update(overflowed_);
}

std::vector<std::pair<std::string, double>> Minimiser::learning_rates() const {
  std::vector<std::pair<std::string, double>> rates;
  for (const auto& optimizer : optimizers_) {
    rates.emplace_back("lr/" + optimizer.name, optimizer.of->param_groups().front().options().get_lr());
  }
  return rates;
}

Losses Minimiser::logged() const {
  Losses all;
  for (std::size_t i = 0; i < optimizers_.size(); ++i) {
    if (totals_[i].defined()) all.emplace_back(optimizers_[i].name + ".total", totals_[i]);
  }
  all.insert(all.end(), norms_.begin(), norms_.end());
  return all;
}

}  // namespace plexus
