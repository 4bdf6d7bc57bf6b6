// Parity subjects of DPM-Solver.
#include <torch/torch.h>
#include <plexus/diffusion/dpm_solver.hpp>
#include <plexus/diffusion/schedule.hpp>

#include "fusion.hpp"
#include "parity_shared.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

using diffusion::Clip;
using diffusion::ContinuousSchedule;
using diffusion::DpmSettings;
using diffusion::DpmSolver;
using medsegdiff::parity::analytic;

ContinuousSchedule schedule_of(const Case& given) {
  const auto kind = given.option("schedule", std::string("discrete"));
  if (kind == "linear") return ContinuousSchedule::linear();
  if (kind == "cosine") return ContinuousSchedule::cosine();
  return ContinuousSchedule::discrete(medsegdiff::parity::process_of(given.config).beta());
}

std::vector<double> values_of(const at::Tensor& row) {
  const auto flat = row.to(at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

at::Tensor as_row(const std::vector<double>& values) { return torch::tensor(values, at::kDouble); }

Outcome dpm_schedule(const Case& given) {
  const auto schedule = schedule_of(given);
  std::map<std::string, std::vector<double>> all;
  for (const double t : values_of(given.input("t"))) {
    all["log_alpha"].push_back(schedule.log_alpha(t));
    all["alpha"].push_back(schedule.alpha(t));
    all["sigma"].push_back(schedule.sigma(t));
    all["lambda"].push_back(schedule.lambda(t));
    all["inverse_lambda"].push_back(schedule.time_of(schedule.lambda(t)));
    all["model_time"].push_back(schedule.told(t));
  }
  Outcome outcome;
  for (const auto& [name, values] : all) outcome.outputs[name] = as_row(values);
  return outcome;
}

DpmSettings::Skip skip_of(const std::string& name) {
  if (name == "logSNR") return DpmSettings::Skip::log_snr;
  return name == "time_quadratic" ? DpmSettings::Skip::time_quadratic : DpmSettings::Skip::time_uniform;
}

Outcome dpm_time_steps(const Case& given) {
  const auto schedule = schedule_of(given);
  const DpmSolver solver(schedule, diffusion::Predicts::noise, {}, {});
  Outcome outcome;
  for (const auto* skip : {"time_uniform", "logSNR", "time_quadratic"}) {
    for (const std::int64_t count : given.config.at("counts")) {
      outcome.outputs[std::string(skip) + "|" + std::to_string(count)] =
          as_row(solver.times(skip_of(skip), schedule.end(), schedule.beginning(), count));
    }
  }
  return outcome;
}

DpmSettings settings_of(const Case& given) {
  DpmSettings settings;
  const bool data = given.option("algorithm_type", std::string("dpmsolver++")) == "dpmsolver++";
  settings.algorithm = data ? DpmSettings::Algorithm::data : DpmSettings::Algorithm::noise;
  const auto correcting = given.config.find("correcting_x0_fn");
  const bool thresholds = correcting != given.config.end() && correcting->is_string() && *correcting == "dynamic_thresholding";
  settings.clip = thresholds ? Clip::dynamic() : Clip::none;
  settings.order = given.option("order", std::int64_t{2});
  settings.skip = skip_of(given.option("skip_type", std::string("time_uniform")));
  settings.method = given.option("method", std::string("multistep")) == "singlestep" ? DpmSettings::Method::singlestep
                                                                                     : DpmSettings::Method::multistep;
  settings.steps = given.option("solver_steps", given.option("diffusion_steps", std::int64_t{50}));
  settings.finish_with_start = false;
  return settings;
}

// In noise prediction published code integrates the whole answer, v and all.
Outcome dpm_step(const Case& given) {
  const auto schedule = schedule_of(given);
  auto settings = settings_of(given);
  const bool data = settings.algorithm == DpmSettings::Algorithm::data;
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor& t) {
    const auto answer = analytic(given.config, given.input("image"), x, t).output;
    return data ? answer.narrow(1, 0, 1) : answer;
  };
  const auto solver = [&](DpmSettings::Form form) {
    settings.form = form;
    return DpmSolver(schedule, diffusion::Predicts::noise, denoiser, settings);
  };
  const std::vector<double> times = given.config.at("times");
  const auto& x = given.input("x");
  const std::vector<at::Tensor> three{given.input("prev2"), given.input("prev1"), given.input("prev0")};
  const std::vector<at::Tensor> two{three[1], three[2]};
  const double s = times[2], t = times[3];
  const auto exact = solver(DpmSettings::Form::exact), taylor = solver(DpmSettings::Form::taylor);
  return {.outputs = {{"model_value", exact.value(x, s)},
                      {"first", exact.first(x, s, t, three[2])},
                      {"multi2_dpmsolver", exact.multistep_second(x, two, {times[1], s}, t)},
                      {"multi2_taylor", taylor.multistep_second(x, two, {times[1], s}, t)},
                      {"multi3", exact.multistep_third(x, three, {times[0], times[1], s}, t)},
                      {"single2_dpmsolver", exact.singlestep_second(x, s, t)},
                      {"single2_taylor", taylor.singlestep_second(x, s, t)},
                      {"single3_dpmsolver", exact.singlestep_third(x, s, t)},
                      {"single3_taylor", taylor.singlestep_third(x, s, t)},
                      {"dynamic_threshold", Clip::dynamic()(3 * x)}},
          .steps = {},
          .parameters = {}};
}

// Solves a case and makes the extra evaluation that published code makes.
struct Solved {
  at::Tensor end, start, answer, calibration;
  std::vector<double> times;
};

Solved solve(const Case& given) {
  const auto schedule = schedule_of(given);
  Solved solved;
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor& t) {
    const auto answer = analytic(given.config, given.input("image"), x, t);
    solved.times.push_back(t[0].item<double>());
    solved.answer = answer.output;
    solved.calibration = answer.calibration;
    return answer.output.narrow(1, 0, 1);
  };
  const DpmSolver solver(schedule, diffusion::Predicts::noise, denoiser, settings_of(given));
  solved.end = solver.sample(given.input("init_noise"));
  solved.start = solver.start(solved.end, schedule.beginning());
  return solved;
}

Outcome dpm_sample(const Case& given) {
  const auto solved = solve(given);
  return {.outputs = {{"x_end", solved.end},
                      {"x0_end", solved.start},
                      {"reference_return", solved.answer},
                      {"cal", solved.calibration},
                      {"model_calls", torch::tensor(static_cast<double>(solved.times.size()))},
                      {"model_times", as_row(solved.times)}},
          .steps = {},
          .parameters = {}};
}

Outcome dpm_loop_reference(const Case& given) {
  auto like_scripts = given;
  like_scripts.config["correcting_x0_fn"] = "dynamic_thresholding";
  const auto solved = solve(like_scripts);
  const auto published = medsegdiff::published_solution(solved.answer, solved.calibration);
  return {.outputs = {{"sample", published.sample}, {"cal", solved.calibration}, {"cal_out", published.mixed}},
          .steps = {},
          .parameters = {}};
}

}  // namespace

void register_medsegdiff_parity_dpm(Subjects& subjects) {
  subjects.add("medsegdiff.dpm_schedule", dpm_schedule);
  subjects.add("medsegdiff.dpm_time_steps", dpm_time_steps);
  subjects.add("medsegdiff.dpm_step", dpm_step);
  subjects.add("medsegdiff.dpm_sample", dpm_sample);
  subjects.add("medsegdiff.dpm_loop_reference", dpm_loop_reference);
}

}  // namespace plexus::parity
