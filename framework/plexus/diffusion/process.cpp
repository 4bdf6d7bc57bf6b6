#include <plexus/diffusion/process.hpp>

#include <stdexcept>

#include <torch/torch.h>
#include <plexus/diffusion/process_tables.hpp>

namespace plexus::diffusion {

Process::Process(std::vector<double> betas, ProcessSettings settings)
    : settings_(std::move(settings)), tables_(std::make_shared<Tables>(betas, settings_)) {
  auto& original = settings_.original;
  for (auto i = original.size(); i < betas.size(); ++i) original.push_back(static_cast<std::int64_t>(i));
  if (settings_.original_steps == 0) settings_.original_steps = steps();
}

std::int64_t Process::steps() const noexcept {
  return static_cast<std::int64_t>(tables_->rows[static_cast<std::size_t>(Table::beta)].size());
}

const std::vector<double>& Process::table(Table which) const { return (*tables_)[which]; }

at::Tensor Process::coefficient(Table which, const at::Tensor& t, std::int64_t dimensions) const {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(dimensions), 1);
  shape[0] = t.size(0);
  return tables_->on(t.device()).select(0, static_cast<std::int64_t>(which)).index_select(0, t).view(shape);
}

at::Tensor Process::gather(Table which, const at::Tensor& t, const at::Tensor& like) const {
  return coefficient(which, t, like.dim()).to(like.scalar_type());
}

at::Tensor Process::told(const at::Tensor& t) const {
  const auto numbers = torch::tensor(settings_.original, at::kLong).to(t.device()).index_select(0, t);
  if (!settings_.rescaled_times) return numbers;
  return numbers.to(at::kFloat) * (1000.0 / static_cast<double>(settings_.original_steps));
}

at::Tensor Process::noised(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const {
  return gather(Table::signal, t, x0) * x0 + gather(Table::noise, t, x0) * noise;
}

Process::Moments Process::forward(const at::Tensor& x0, const at::Tensor& t) const {
  return {gather(Table::signal, t, x0) * x0, gather(Table::noise, t, x0).square(), gather(Table::log_noise_variance, t, x0)};
}

Process::Moments Process::posterior(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const {
  return {gather(Table::of_start, t, xt) * x0 + gather(Table::of_now, t, xt) * xt, gather(Table::posterior_variance, t, xt),
          gather(Table::posterior_log_variance, t, xt)};
}

at::Tensor Process::mean_part(const at::Tensor& answer) const {
  if (!learns_variance()) return answer;
  if (answer.size(1) % 2 != 0) {
    throw std::logic_error("Process: a learned variance needs an even number of channels, not " +
                           std::to_string(answer.size(1)));
  }
  return answer.narrow(1, 0, answer.size(1) / 2);
}

Process::Step Process::backward(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t, const Clip& clip) const {
  Step step;
  const auto mean = mean_part(answer);
  step.start = clip(start_from(mean, xt, t));
  step.mean = settings_.predicts == Predicts::previous ? mean : posterior(step.start, xt, t).mean;
  if (!learns_variance()) {
    step.variance = gather(Table::fixed_variance, t, xt);
    step.log_variance = gather(Table::fixed_log_variance, t, xt);
    return step;
  }
  const auto v = answer.narrow(1, mean.size(1), mean.size(1));
  if (settings_.variance == Variance::learned) {
    step.log_variance = v;
  } else {
    const auto share = (v + 1) / 2;
    step.log_variance =
        share * gather(Table::beta, t, xt).log() + (1 - share) * gather(Table::posterior_log_variance, t, xt);
  }
  step.variance = step.log_variance.exp();
  return step;
}

at::Tensor Process::start_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const {
  switch (settings_.predicts) {
    case Predicts::start:
      return answer;
    case Predicts::noise:
      return gather(Table::inverse, t, xt) * xt - gather(Table::inverse_noise, t, xt) * answer;
    case Predicts::velocity:
      return gather(Table::signal, t, xt) * xt - gather(Table::noise, t, xt) * answer;
    case Predicts::previous:
      return (answer - gather(Table::of_now, t, xt) * xt) / gather(Table::of_start, t, xt);
  }
  throw std::logic_error("Process: unknown kind of answer");
}

at::Tensor Process::noise_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const {
  if (settings_.predicts == Predicts::noise) return answer;
  if (settings_.predicts == Predicts::velocity)
    return gather(Table::signal, t, xt) * answer + gather(Table::noise, t, xt) * xt;
  return noise_between(start_from(answer, xt, t), xt, t);
}

at::Tensor Process::noise_between(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const {
  return (gather(Table::inverse, t, xt) * xt - x0) / gather(Table::inverse_noise, t, xt);
}

at::Tensor Process::mean_from_noise(const at::Tensor& noise, const at::Tensor& xt, const at::Tensor& t) const {
  const auto beta = gather(Table::beta, t, xt);
  return (1 / (1 - beta)).sqrt() * (xt - beta * noise / gather(Table::noise, t, xt));
}

at::Tensor Process::target(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const {
  switch (settings_.predicts) {
    case Predicts::start:
      return x0;
    case Predicts::noise:
      return noise;
    case Predicts::velocity:
      return gather(Table::signal, t, x0) * noise - gather(Table::noise, t, x0) * x0;
    case Predicts::previous:
      return posterior(x0, noised(x0, t, noise), t).mean;
  }
  throw std::logic_error("Process: unknown kind of answer");
}

}  // namespace plexus::diffusion
