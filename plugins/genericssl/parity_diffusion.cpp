// Parity subjects of the diffusion, which is the framework's.
#include <torch/torch.h>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/ddpm.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

#include "subject.hpp"

namespace plexus::parity {
namespace {

using diffusion::Process;

// `keep` is a count, a list of counts by section, or "ddimN".
Process process_of(const Case& given) {
  const std::int64_t steps = given.config.at("steps");
  const Process process(diffusion::betas(given.option<std::string>("beta", "linear"), steps), diffusion::Predicts::start);
  const auto& keep = given.config.at("keep");
  std::string text = keep.is_string() ? keep.get<std::string>() : "";
  if (keep.is_number()) text = std::to_string(keep.get<std::int64_t>());
  if (keep.is_array())
    for (const auto& count : keep) text += (text.empty() ? "" : ",") + std::to_string(count.get<std::int64_t>());
  return diffusion::respaced(process, diffusion::kept_steps(steps, text));
}

Outcome schedule(const Case& given) {
  using Table = Process::Table;
  const auto process = process_of(given);
  Outcome outcome;
  outcome.outputs["timestep_map"] = torch::tensor(process.original(), at::kLong);
  const std::vector<std::pair<const char*, Table>> tables{{"betas", Table::beta},
                                                          {"alphas_cumprod", Table::alpha_bar},
                                                          {"alphas_cumprod_prev", Table::alpha_bar_before},
                                                          {"sqrt_alphas_cumprod", Table::signal},
                                                          {"sqrt_one_minus_alphas_cumprod", Table::noise},
                                                          {"sqrt_recip_alphas_cumprod", Table::inverse},
                                                          {"sqrt_recipm1_alphas_cumprod", Table::inverse_noise},
                                                          {"posterior_variance", Table::posterior_variance},
                                                          {"posterior_mean_coef1", Table::of_start},
                                                          {"posterior_mean_coef2", Table::of_now},
                                                          {"fixed_large_variance", Table::fixed_variance}};
  for (const auto& [name, table] : tables) outcome.outputs[name] = torch::tensor(process.table(table), at::kDouble);
  return outcome;
}

Outcome q_sample(const Case& given) {
  return {.outputs = {{"x_t", process_of(given).noised(given.input("x"), given.input("t"), given.input("noise"))}},
          .steps = {},
          .parameters = {}};
}

Outcome ddim_step(const Case& given) {
  const auto process = process_of(given);
  const auto step = diffusion::ddim_step(process, given.input("model_output"), given.input("x"), given.input("t"),
                                         {.clip = diffusion::Clip::start, .eta = given.config.at("eta")}, given.input("noise"));
  return {.outputs = {{"sample", step.sample}, {"pred_xstart", step.start}, {"model_t", process.told(given.input("t"))}},
          .steps = {},
          .parameters = {}};
}

Outcome ddpm_step(const Case& given) {
  const auto process = process_of(given);
  const auto step = diffusion::ddpm_step(process, given.input("model_output"), given.input("x"), given.input("t"),
                                         {.clip = diffusion::Clip::start}, given.input("noise"));
  return {.outputs = {{"sample", step.sample}, {"pred_xstart", step.start}, {"model_t", process.told(given.input("t"))}},
          .steps = {},
          .parameters = {}};
}

}  // namespace

void register_genericssl_parity_diffusion(Subjects& subjects) {
  subjects.add("genericssl.schedule", schedule);
  subjects.add("genericssl.q_sample", q_sample);
  subjects.add("genericssl.ddim_step", ddim_step);
  subjects.add("genericssl.ddpm_step", ddpm_step);
}

}  // namespace plexus::parity
