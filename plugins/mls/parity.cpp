// Parity subjects of the diffusion networks and of the diffusion's mathematics.
#include <numeric>

#include <torch/torch.h>

#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/ddpm.hpp>
#include <plexus/diffusion/losses.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/diffusion/timesteps.hpp>
#include <plexus/nn/embedding.hpp>

#include "parity_config.hpp"

namespace plexus::parity {
namespace {

using diffusion::Clip, diffusion::Process;

Outcome only(std::map<std::string, at::Tensor> outputs) { return {.outputs = std::move(outputs), .steps = {}, .parameters = {}}; }

at::Tensor doubles(const std::vector<double>& values) { return torch::tensor(values, at::kDouble); }

Process case_process(const Case& given) {
  auto network = mls_network(given);
  const auto text = given.option("timestep_respacing", std::string());
  auto whole = network.process();
  auto settings = whole.settings();
  const auto mean = given.option("model_mean_type", std::string()), variance = given.option("model_var_type", std::string());
  using diffusion::Predicts, diffusion::Variance;
  if (!mean.empty())
    settings.predicts = mean == "PREVIOUS_X" ? Predicts::previous : mean == "START_X" ? Predicts::start : Predicts::noise;
  if (!variance.empty())
    settings.variance = variance == "LEARNED"         ? Variance::learned
                        : variance == "FIXED_SMALL"   ? Variance::fixed_small
                        : variance == "LEARNED_RANGE" ? Variance::learned_range
                                                      : Variance::fixed_large;
  whole = Process(whole.beta(), settings);
  return text.empty() ? whole : diffusion::respaced(whole, diffusion::kept_steps(whole.steps(), text));
}

Clip case_clip(const Case& given) { return given.option("clip_denoised", true) ? Clip::start : Clip::none; }

// The cases' network stand-in at original timesteps t.
diffusion::Denoiser stand_in(const Process& process) {
  return [&process](const at::Tensor& x, const at::Tensor& t) {
    const auto noise = 0.9 * x + 0.2 * (t.to(at::kFloat) / 50).sin().view({-1, 1, 1, 1});
    return process.learns_variance() ? at::cat({noise, 0.5 * x.tanh()}, 1) : noise;
  };
}

Outcome unet(const Case& given) {
  GuidedUNet network(mls_network(given).unet());
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train(given.train);
  if (!given.checkpoint.empty()) mls::load_image_network(network, given.checkpoint);
  const auto x = given.input("x").clone().set_requires_grad(given.has_input("g"));
  auto y = given.has_input("y") ? given.input("y").to(at::kLong) : at::Tensor();
  // The reference adds no class for the whole batch where the first is -1.
  if (y.defined() && y[0].item<std::int64_t>() == -1) y = at::Tensor();
  const auto out = network.forward(x, given.input("t"), y);
  outcome.outputs["out"] = out;
  if (!given.has_input("g")) return outcome;
  (out * given.input("g")).sum().backward();
  outcome.outputs["grad:x"] = x.grad();
  for (const auto& item : network.named_parameters()) outcome.outputs["grad:" + item.key()] = item.value().grad();
  return outcome;
}

Outcome timestep_embedding(const Case& given) {
  const SinusoidalSettings settings{.period = given.option("max_period", 10000.0), .cosine_first = true};
  return only({{"out", sinusoidal_embedding(given.input("t"), given.config.at("dim"), settings)}});
}

Outcome beta_schedule(const Case& given) {
  return only({{"betas", doubles(diffusion::betas(given.config.at("noise_schedule").get<std::string>(), given.config.at("steps")))}});
}

Outcome space_timesteps(const Case& given) {
  return only({{"timesteps", torch::tensor(diffusion::kept_steps(given.config.at("steps"), given.config.at("timestep_respacing")), at::kLong)}});
}

Outcome diffusion_tables(const Case& given) {
  const auto process = case_process(given);
  using Table = Process::Table;
  static const std::vector<std::pair<const char*, Table>> kTables{{"betas", Table::beta},
                                                                  {"alphas_cumprod", Table::alpha_bar},
                                                                  {"alphas_cumprod_prev", Table::alpha_bar_before},
                                                                  {"alphas_cumprod_next", Table::alpha_bar_after},
                                                                  {"sqrt_alphas_cumprod", Table::signal},
                                                                  {"sqrt_one_minus_alphas_cumprod", Table::noise},
                                                                  {"log_one_minus_alphas_cumprod", Table::log_noise_variance},
                                                                  {"sqrt_recip_alphas_cumprod", Table::inverse},
                                                                  {"sqrt_recipm1_alphas_cumprod", Table::inverse_noise},
                                                                  {"posterior_variance", Table::posterior_variance},
                                                                  {"posterior_log_variance_clipped", Table::posterior_log_variance},
                                                                  {"posterior_mean_coef1", Table::of_start},
                                                                  {"posterior_mean_coef2", Table::of_now}};
  Outcome outcome;
  for (const auto& [name, table] : kTables) outcome.outputs[name] = doubles(process.table(table));
  outcome.outputs["timestep_map"] = torch::tensor(process.original(), at::kLong);
  return outcome;
}

Outcome q_sample(const Case& given) {
  return only({{"x_t", case_process(given).noised(given.input("x_start"), given.input("t"), given.input("noise"))}});
}

// As wide as the image.
Outcome moments_of(const Process::Moments& moments, const at::Tensor& like) {
  return only({{"mean", moments.mean},
               {"variance", moments.variance.expand_as(like)},
               {"log_variance", moments.log_variance.expand_as(like)}});
}

Outcome q_mean_variance(const Case& given) {
  return moments_of(case_process(given).forward(given.input("x_start"), given.input("t")), given.input("x_start"));
}

Outcome q_posterior(const Case& given) {
  const auto& x = given.input("x_t");
  return moments_of(case_process(given).posterior(given.input("x_start"), x, given.input("t")), x);
}

Outcome predict(const Case& given) {
  const auto process = case_process(given);
  auto settings = process.settings();
  settings.predicts = diffusion::Predicts::previous;
  const Process previous(process.beta(), settings);
  const auto &x = given.input("x_t"), &t = given.input("t"), &second = given.input("eps");
  const auto start = process.start_from(second, x, t);
  return only({{"xstart_from_eps", start},
               {"eps_from_xstart", process.noise_between(second, x, t)},
               {"xstart_from_xprev", previous.start_from(second, x, t)},
               {"recover_xstart", start}});
}

Outcome p_mean_variance(const Case& given) {
  const auto& x = given.input("x");
  const auto step = case_process(given).backward(given.input("model_output"), x, given.input("t"), case_clip(given));
  auto outcome = moments_of(step, x);
  outcome.outputs["pred_xstart"] = step.start;
  return outcome;
}

Outcome p_sample(const Case& given) {
  const auto step = diffusion::ddpm_step(case_process(given), given.input("model_output"), given.input("x"), given.input("t"),
                                         {.clip = case_clip(given)}, given.input("noise"));
  return only({{"sample", step.sample}, {"pred_xstart", step.start}});
}

Outcome ddim_sample(const Case& given) {
  const auto step = diffusion::ddim_step(case_process(given), given.input("model_output"), given.input("x"), given.input("t"),
                                         {.clip = case_clip(given), .eta = given.option("eta", 0.0)}, given.input("noise"));
  return only({{"sample", step.sample}, {"pred_xstart", step.start}});
}

Outcome ddim_reverse_sample(const Case& given) {
  const auto step = diffusion::ddim_inverse_step(case_process(given), given.input("model_output"), given.input("x"),
                                                 given.input("t"), {.clip = case_clip(given)});
  return only({{"sample", step.sample}, {"pred_xstart", step.start}});
}

// The step that a loop begins at: `start` runs the indices below it, null runs all.
std::int64_t first_step(const Case& given, const Process& process) {
  return (given.config.at("start").is_null() ? process.steps() : given.config.at("start").get<std::int64_t>()) - 1;
}

diffusion::NoiseSource case_noise(const Case& given, std::int64_t from) {
  if (!given.has_input("step_noise")) return {};
  return [noise = given.input("step_noise"), from](std::int64_t step) { return noise[from - step]; };
}

Outcome p_sample_loop(const Case& given) {
  const auto process = case_process(given);
  const auto from = first_step(given, process);
  return only({{"sample", diffusion::ddpm(process, stand_in(process), given.input("noise"), {.clip = case_clip(given), .from = from},
                                          case_noise(given, from))}});
}

Outcome ddim_sample_loop(const Case& given) {
  const auto process = case_process(given);
  const auto from = first_step(given, process);
  return only({{"sample", diffusion::ddim(process, stand_in(process), given.input("noise"),
                                          {.clip = case_clip(given), .eta = given.option("eta", 0.0), .from = from},
                                          case_noise(given, from))}});
}

Outcome calc_bpd(const Case& given) {
  const auto process = case_process(given);
  const auto bits = diffusion::bits_per_element(process, stand_in(process), given.input("x_start"), case_clip(given),
                                                case_noise(given, process.steps() - 1));
  return only({{"total_bpd", bits.total}, {"vb", bits.bound}, {"xstart_mse", bits.start_mse}, {"mse", bits.noise_mse}});
}

Outcome normal_kl(const Case& given) {
  return only({{"out", diffusion::normal_kl(given.input("mean1"), given.input("logvar1"), given.input("mean2"), given.input("logvar2"))}});
}

Outcome discretized_log_likelihood(const Case& given) {
  return only({{"out", diffusion::discretized_log_likelihood(given.input("x"), given.input("means"), given.input("log_scales"))}});
}

Outcome approx_normal_cdf(const Case& given) { return only({{"out", diffusion::approximate_normal_cdf(given.input("x"))}}); }

Outcome vb_terms(const Case& given) {
  const auto term = diffusion::bound_term(case_process(given), given.input("model_output"), given.input("x_start"),
                                          given.input("x_t"), given.input("t"), case_clip(given));
  return only({{"output", term.bits}, {"pred_xstart", term.start}});
}

Outcome training_losses(const Case& given) {
  const auto process = case_process(given);
  const auto answer = given.input("model_output").clone().set_requires_grad(true);
  const auto &x0 = given.input("x_start"), &t = given.input("t"), &noise = given.input("noise");
  const auto noised = process.noised(x0, t, noise);
  auto terms = diffusion::training_terms(process, answer, x0, noised, t, noise,
                                         mls::objective(given.option("use_kl", false), given.option("rescale_learned_sigmas", false)));
  if (given.has_input("mask")) {
    // The masked variant weighs the squared error alone; the bound stays whole.
    const auto error = (process.target(x0, t, noise) - process.mean_part(answer)).square() * given.input("mask");
    const auto mse = diffusion::mean_of_sample(error);
    terms.loss = terms.loss - terms.mse + mse;
    terms.mse = mse;
  }
  terms.loss.mean().backward();
  Outcome outcome = only({{"loss", terms.loss}, {"grad:model_output", answer.grad()}});
  if (terms.mse.defined()) outcome.outputs["mse"] = terms.mse;
  if (terms.bound.defined()) outcome.outputs["vb"] = terms.bound;
  return outcome;
}

Outcome loss_second_moment(const Case& given) {
  const std::int64_t steps = given.config.at("steps");
  diffusion::LossSecondMoment sampler(steps, given.config.at("history_per_term"), given.config.at("uniform_prob"));
  const auto t = given.input("t").to(at::kLong), losses = given.input("losses");
  for (std::int64_t i = 0; i < t.numel(); ++i) sampler.update(t.slice(0, i, i + 1), losses.slice(0, i, i + 1));
  const auto weights = doubles(sampler.weights()), p = weights / weights.sum();
  return only({{"weights", weights}, {"p", p}, {"loss_weights", 1 / (static_cast<double>(steps) * p)}});
}

}  // namespace

void register_mls_parity(Subjects& subjects) {
  subjects.add("mls.unet", unet);
  subjects.add("mls.unet_backward", unet);
  subjects.add("mls.timestep_embedding", timestep_embedding);
  subjects.add("mls.beta_schedule", beta_schedule);
  subjects.add("mls.space_timesteps", space_timesteps);
  subjects.add("mls.diffusion_tables", diffusion_tables);
  subjects.add("mls.q_sample", q_sample);
  subjects.add("mls.q_mean_variance", q_mean_variance);
  subjects.add("mls.q_posterior", q_posterior);
  subjects.add("mls.predict", predict);
  subjects.add("mls.p_mean_variance", p_mean_variance);
  subjects.add("mls.p_sample", p_sample);
  subjects.add("mls.ddim_sample", ddim_sample);
  subjects.add("mls.ddim_reverse_sample", ddim_reverse_sample);
  subjects.add("mls.p_sample_loop", p_sample_loop);
  subjects.add("mls.ddim_sample_loop", ddim_sample_loop);
  subjects.add("mls.calc_bpd", calc_bpd);
  subjects.add("mls.normal_kl", normal_kl);
  subjects.add("mls.discretized_log_likelihood", discretized_log_likelihood);
  subjects.add("mls.approx_normal_cdf", approx_normal_cdf);
  subjects.add("mls.vb_terms", vb_terms);
  subjects.add("mls.training_losses", training_losses);
  subjects.add("mls.training_losses_mask", training_losses);
  subjects.add("mls.loss_second_moment", loss_second_moment);
}

}  // namespace plexus::parity
