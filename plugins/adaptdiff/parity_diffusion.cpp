// Parity subjects of the diffusion process, its samplers and the making of images.
#include <torch/torch.h>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/nn/batch_norm.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>

#include "parity_support.hpp"
#include "pictures.hpp"
#include "sampling.hpp"

namespace plexus::parity {
namespace {

using diffusion::Process;

const nlohmann::json& schedule_keys(const Case& given) {
  return given.config.contains("schedule") ? given.config.at("schedule") : given.config;
}

adaptdiff::ScheduleSettings schedule_settings(const nlohmann::json& keys) {
  return {.steps = keys.at("num_diffusion_timesteps"),
          .beta_schedule = keys.at("beta_schedule"),
          .beta_start = keys.at("beta_start"),
          .beta_end = keys.at("beta_end")};
}

Process process_of(const Case& given) { return schedule_settings(schedule_keys(given)).process(); }

// The same with its tables computed in float32 as the authors compute theirs: 1 - alpha_bar loses digits at the first step.
Process single_process(const Case& given) {
  auto settings = process_of(given).settings();
  settings.single = true;
  return {process_of(given).beta(), settings};
}

Outcome schedule(const Case& given) {
  using Table = Process::Table;
  const auto process = single_process(given);
  const auto of = [&](Table which) { return torch::tensor(process.table(which), at::kDouble).to(at::kFloat); };
  const auto beta = of(Table::beta), alpha_bar = of(Table::alpha_bar), before = of(Table::alpha_bar_before);
  return {{{"betas", beta},
           {"alphas", 1 - beta},
           {"sqrt_reciprocal_alphas", (1 / (1 - beta)).sqrt()},
           {"alphas_cumprod", alpha_bar},
           {"sqrt_reciprocal_alphas_cumprod", of(Table::inverse)},
           {"sqrt_alphas_cumprod", of(Table::signal)},
           {"sqrt_one_minus_alphas_cumprod", of(Table::noise)},
           {"alphas_cumprod_prev", before},
           {"posterior_variance", of(Table::posterior_variance)},
           {"reciprocal_one_minus_alphas_cumprod", 1 / (1 - alpha_bar)},
           {"sqrt_alphas_cumprod_prev", before.sqrt()},
           {"sqrt_alpha", (1 - beta).sqrt()}},
          {},
          {}};
}

Outcome forward_sample(const Case& given) {
  return {{{"x_t", process_of(given).noised(given.input("x_0"), given.input("t"), given.input("eps"))}}, {}, {}};
}

Outcome reverse_sample(const Case& given) {
  const auto process = single_process(given);
  const auto &x = given.input("x_t"), &t = given.input("t"), &eps = given.input("eps_pred"), &noise = given.input("noise");
  const auto mean = process.mean_from_noise(eps, x, t), start = process.start_from(eps, x, t);
  const auto deviation = process.gather(Process::Table::posterior_variance, t, x).sqrt();
  return {{{"x_prev", mean + deviation * noise},
           {"mean", mean},
           {"x_0", start},
           {"x_prev_type2", process.posterior(start, x, t).mean + deviation * noise}},
          {},
          {}};
}

// A network of the case under its masks, and what normalisations go by.
struct Sampling {
  explicit Sampling(const Case& given)
      : network(unet_settings(given.config.at("network"))), process(process_of(given)) {
    outcome.parameters[""] = fill_module(network);
    if (!given.checkpoint.empty())
      load_state_dict(network, original_state(read_torch_file(given.checkpoint), {}), given.checkpoint.string());
    const std::string norm = given.config.at("norm");
    by = norm == "batch" ? NormBy::batch : norm == "per_image" ? NormBy::image : NormBy::mode;
    network.eval();
  }
  // noise[i] is the draw of iteration i, the first of which is the last step.
  diffusion::NoiseSource noise(const Case& given) const {
    return [noises = given.input("noise"), last = process.steps() - 1](std::int64_t step) { return noises[last - step]; };
  }
  adaptdiff::SpadeUnet network;
  Process process;
  NormBy by = NormBy::mode;
  Outcome outcome;
};

Outcome reverse_iterate(const Case& given) {
  if (given.config.at("network").is_string()) {
    const std::string rule = given.config.at("network");  // "eps_pred = 0.5 * x_t"
    const double factor = std::stod(rule.substr(rule.find('=') + 1));
    const auto process = process_of(given);
    const auto noise = [&](std::int64_t step) { return given.input("noise")[process.steps() - 1 - step]; };
    const auto answer = [factor](const at::Tensor& x, const at::Tensor&) { return x * factor; };
    return {{{"x_0", adaptdiff::sampled(process, answer, given.input("x_T"), {}, noise)}}, {}, {}};
  }
  const at::NoGradGuard no_grad;
  Sampling sampling(given);
  const NormScope scope(sampling.network, sampling.by);
  adaptdiff::MaskedRows rows(sampling.network, given.input("x_condition").to(at::kFloat), sampling.by != NormBy::batch);
  const auto answer = [&](const at::Tensor& x, const at::Tensor& t) { return rows(x, t); };
  sampling.outcome.outputs["x_0"] = adaptdiff::sampled(sampling.process, answer, given.input("x_T"), {}, sampling.noise(given));
  return sampling.outcome;
}

Outcome serial_reverse_iterate(const Case& given) {
  const at::NoGradGuard no_grad;
  Sampling sampling(given);
  const NormScope scope(sampling.network, sampling.by);
  adaptdiff::MaskedRows rows(sampling.network, given.input("x_condition").to(at::kFloat), false);
  const auto answer = [&](const at::Tensor& x, const at::Tensor& t) { return rows(x, t); };
  const auto kept = adaptdiff::kept_frames(sampling.process.steps(), given.config.at("num_images"));
  std::vector<at::Tensor> frames;
  const auto watch = [&](const diffusion::SamplerProgress& at) {
    if (std::find(kept.begin(), kept.end(), at.of - at.done) != kept.end()) frames.push_back(at.x.clone());
  };
  adaptdiff::sampled(sampling.process, answer, given.input("x_T"), {}, sampling.noise(given), watch);
  sampling.outcome.outputs = {{"step", torch::tensor(kept, at::kLong)}, {"x_t", at::stack(frames)}};
  return sampling.outcome;
}

Outcome grid_plot(const Case& given) {
  const at::NoGradGuard no_grad;
  Sampling sampling(given);
  const NormScope scope(sampling.network, sampling.by);
  adaptdiff::MaskedRows rows(sampling.network, given.input("x_condition").to(at::kFloat), false);
  const auto grid = adaptdiff::sampled_grid(sampling.process, [&](const at::Tensor& x, const at::Tensor& t) { return rows(x, t); },
                                            given.input("x_T"), sampling.noise(given));
  std::vector<std::int64_t> titles;
  std::vector<at::Tensor> x, start;
  for (const auto& column : grid.columns) {
    titles.push_back(column.title);
    x.push_back(column.x);
    start.push_back(column.start);
  }
  sampling.outcome.outputs = {{"title", torch::tensor(titles, at::kLong)}, {"x_t", at::stack(x)}, {"x_0_t", at::stack(start)}};
  return sampling.outcome;
}

Outcome generate(const Case& given) {
  const at::NoGradGuard no_grad;
  Sampling sampling(given);
  const NormScope scope(sampling.network, sampling.by);
  adaptdiff::MaskedRows rows(sampling.network, given.input("mask").to(at::kFloat).view({1, 1, given.input("mask").size(0), -1}), false);
  const auto x = adaptdiff::sampled(sampling.process, [&](const at::Tensor& at, const at::Tensor& t) { return rows(at, t); },
                                    given.input("x_T"), {}, sampling.noise(given));
  const auto unit = adaptdiff::unit_plane(x[0]);
  sampling.outcome.outputs = {{"image", unit}, {"rescaled", adaptdiff::stretched_to_255(unit)}};
  return sampling.outcome;
}

}  // namespace

void register_adaptdiff_parity_diffusion(Subjects& subjects) {
  subjects.add("adaptdiff.schedule", schedule);
  subjects.add("adaptdiff.forward_sample", forward_sample);
  subjects.add("adaptdiff.reverse_sample", reverse_sample);
  subjects.add("adaptdiff.reverse_iterate", reverse_iterate);
  subjects.add("adaptdiff.serial_reverse_iterate", serial_reverse_iterate);
  subjects.add("adaptdiff.grid_plot", grid_plot);
  subjects.add("adaptdiff.generate", generate);
}

}  // namespace plexus::parity
