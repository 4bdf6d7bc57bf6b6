#include <plexus/diffusion/process_tables.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::diffusion {
namespace {

using Table = Process::Table;

template <class Real>
void fill(const std::vector<double>& betas, Variance kind, const std::function<void(Table, double)>& put) {
  const Real one = 1;
  double running = 1;  // LibTorch adds up a running product of float32 in double as well
  Real before = 1;
  std::vector<Real> alpha_bar;
  for (const double given : betas) {
    if (!(given > 0 && given <= 1))
      throw Error(ErrorKind::configuration, "beta " + format_real(given) + " lies outside (0, 1]");
    running *= static_cast<double>(one - static_cast<Real>(given));
    alpha_bar.push_back(static_cast<Real>(running));
  }
  for (std::size_t i = 0; i < betas.size(); ++i, before = alpha_bar[i - 1]) {
    const auto beta = static_cast<Real>(betas[i]), now = alpha_bar[i];
    const Real after = i + 1 < betas.size() ? alpha_bar[i + 1] : Real(0);
    const Real variance = beta * (one - before) / (one - now);
    put(Table::beta, beta);
    put(Table::alpha_bar, now);
    put(Table::alpha_bar_before, before);
    put(Table::alpha_bar_after, after);
    put(Table::signal, std::sqrt(now));
    put(Table::noise, std::sqrt(one - now));
    put(Table::log_noise_variance, std::log(one - now));
    put(Table::inverse, std::sqrt(one / now));
    put(Table::inverse_noise, std::sqrt(one / now - one));
    put(Table::posterior_variance, variance);
    put(Table::of_start, beta * std::sqrt(before) / (one - now));
    put(Table::of_now, (one - before) * std::sqrt(one - beta) / (one - now));
    // The second step's variance stands in for the first's, which is 0.
    const Real second = i == 0 && betas.size() > 1
                            ? static_cast<Real>(betas[1]) * (one - now) / (one - alpha_bar[1])
                            : variance;
    const auto log_of = [](Real value) { return std::log(std::max(static_cast<double>(value), 1e-20)); };
    put(Table::posterior_log_variance, log_of(second));
    const bool large = kind == Variance::fixed_large;
    put(Table::fixed_variance, large ? (i == 0 ? second : beta) : variance);
    put(Table::fixed_log_variance, large ? log_of(i == 0 ? second : beta) : log_of(second));
  }
}

}  // namespace

Process::Tables::Tables(const std::vector<double>& betas, const ProcessSettings& settings) {
  if (betas.empty()) throw Error(ErrorKind::configuration, "a diffusion needs at least one step");
  const auto put = [this](Table which, double value) { (*this)[which].push_back(value); };
  if (settings.single)
    fill<float>(betas, settings.variance, put);
  else
    fill<double>(betas, settings.variance, put);
}

at::Tensor Process::Tables::on(at::Device device) {
  const std::lock_guard lock(mutex_);
  auto& copy = copies_[{static_cast<int>(device.type()), device.index()}];
  if (!copy.defined()) {
    std::vector<at::Tensor> all;
    for (const auto& row : rows) all.push_back(torch::tensor(row, at::kDouble).to(at::kFloat));
    copy = at::stack(all).to(device);
  }
  return copy;
}

}  // namespace plexus::diffusion
