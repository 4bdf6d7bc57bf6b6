#include <plexus/diffusion/process.hpp>

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::diffusion {

Process::Process(std::vector<double> betas, Predicts predicts, std::vector<std::int64_t> original)
    : predicts_(predicts), beta_(std::move(betas)), original_(std::move(original)) {
  if (beta_.empty()) throw Error(ErrorKind::configuration, "a diffusion needs at least one step");
  for (std::size_t i = original_.size(); i < beta_.size(); ++i) original_.push_back(static_cast<std::int64_t>(i));
  double product = 1;
  for (const double beta : beta_) {
    if (!(beta > 0 && beta <= 1)) throw Error(ErrorKind::configuration, "beta " + format_real(beta) + " lies outside (0, 1]");
    const double before = product;
    product *= 1 - beta;
    alpha_bar_.push_back(product);
    signal_.push_back(std::sqrt(product));
    noise_.push_back(std::sqrt(1 - product));
    inverse_.push_back(std::sqrt(1 / product));
    inverse_noise_.push_back(std::sqrt(1 / product - 1));
    of_start_.push_back(beta * std::sqrt(before) / (1 - product));
    of_now_.push_back((1 - before) * std::sqrt(1 - beta) / (1 - product));
    variance_.push_back(beta * (1 - before) / (1 - product));
  }
  for (std::size_t i = 0; i < variance_.size(); ++i) {
    const double value = i == 0 && variance_.size() > 1 ? variance_[1] : variance_[i];
    log_variance_.push_back(std::log(std::max(value, 1e-20)));
  }
}

double Process::alpha_bar_before(std::int64_t step) const {
  return step == 0 ? 1.0 : alpha_bar_.at(static_cast<std::size_t>(step - 1));
}

at::Tensor Process::gather(const std::vector<double>& table, const at::Tensor& t, const at::Tensor& like) const {
  const auto values = torch::tensor(table, at::kDouble).to(at::kFloat).to(t.device()).index_select(0, t);
  std::vector<std::int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
  shape[0] = t.size(0);
  return values.to(like.scalar_type()).view(shape);
}

at::Tensor Process::noised(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const {
  return gather(signal_, t, x0) * x0 + gather(noise_, t, x0) * noise;
}

Process::Moments Process::posterior(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const {
  return {gather(of_start_, t, xt) * x0 + gather(of_now_, t, xt) * xt, gather(variance_, t, xt), gather(log_variance_, t, xt)};
}

at::Tensor Process::start_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const {
  switch (predicts_) {
    case Predicts::start:
      return answer;
    case Predicts::noise:
      return gather(inverse_, t, xt) * xt - gather(inverse_noise_, t, xt) * answer;
    case Predicts::velocity:
      return gather(signal_, t, xt) * xt - gather(noise_, t, xt) * answer;
  }
  throw std::logic_error("Process: unknown kind of answer");
}

at::Tensor Process::noise_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const {
  if (predicts_ == Predicts::noise) return answer;
  if (predicts_ == Predicts::velocity) return gather(signal_, t, xt) * answer + gather(noise_, t, xt) * xt;
  return noise_between(answer, xt, t);
}

at::Tensor Process::noise_between(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const {
  return (gather(inverse_, t, xt) * xt - x0) / gather(inverse_noise_, t, xt);
}

at::Tensor Process::target(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const {
  switch (predicts_) {
    case Predicts::start:
      return x0;
    case Predicts::noise:
      return noise;
    case Predicts::velocity:
      return gather(signal_, t, x0) * noise - gather(noise_, t, x0) * x0;
  }
  throw std::logic_error("Process: unknown kind of answer");
}

}  // namespace plexus::diffusion
