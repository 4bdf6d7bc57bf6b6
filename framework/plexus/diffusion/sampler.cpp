#include <plexus/diffusion/sampler.hpp>

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/options.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/ddpm.hpp>
#include <plexus/diffusion/dpm_solver.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/sdk/context.hpp>
#include <plexus/sdk/denoising.hpp>

namespace plexus::diffusion {
namespace {

bool solves(const SamplerSettings& settings) { return settings.sampler.rfind("dpm-solver", 0) == 0; }

DpmSettings solver_settings(const SamplerSettings& s, std::int64_t process_steps) {
  using Skip = DpmSettings::Skip;
  const bool data = s.sampler == "dpm-solver++";
  return {.algorithm = data ? DpmSettings::Algorithm::data : DpmSettings::Algorithm::noise,
          .method = s.solver_method == "multistep" ? DpmSettings::Method::multistep : DpmSettings::Method::singlestep,
          .skip = s.solver_skip == "time_uniform"     ? Skip::time_uniform
                  : s.solver_skip == "time_quadratic" ? Skip::time_quadratic
                                                      : Skip::log_snr,
          .form = s.solver_type == "taylor" ? DpmSettings::Form::taylor : DpmSettings::Form::exact,
          .order = s.solver_order,
          .steps = s.sampling_steps == 0 ? process_steps : s.sampling_steps,
          .clip = s.clipping()};
}

std::vector<std::int64_t> kept(const SamplerSettings& s, std::int64_t process_steps) {
  if (!s.timestep_respacing.empty()) return kept_steps(process_steps, s.timestep_respacing);
  return evenly_kept(process_steps, s.sampling_steps == 0 ? process_steps : s.sampling_steps);
}

// One group of members through the sampler: noise(what) draws for all their rows, `denoiser` answers for them.
at::Tensor run(const SamplerSettings& s, const Process& process, const Denoiser& denoiser,
               const std::function<at::Tensor(const std::string&)>& noise, const OnStep& on_step) {
  const auto each = [&](std::int64_t step) { return noise("sampler step " + std::to_string(step)); };
  auto x = noise("sampler start");
  if (solves(s)) {
    auto settings = solver_settings(s, process.steps());
    settings.on_step = on_step;
    return dpm_solver(process, denoiser, std::move(x), settings);
  }
  const auto some = respaced(process, kept(s, process.steps()));
  if (s.sampler == "ddim")
    return ddim(some, denoiser, std::move(x), {.clip = s.clipping(), .eta = s.eta, .on_step = on_step}, each);
  return ddpm(some, denoiser, std::move(x), {.clip = s.clipping(), .on_step = on_step}, each);
}

}  // namespace

void SamplerSettings::declare(Options& options) {
  options.add("sampler", sampler, "How an image is made from noise.").one_of({"ddpm", "ddim", "dpm-solver", "dpm-solver++"});
  options.add("sampling_steps", sampling_steps, "Evaluations of the network for one sample; 0: every step it was trained with.")
      .range(0, 100000);
  options.add("timestep_respacing", timestep_respacing,
              "Which steps ddpm and ddim keep: '25', 'ddim25', '10,15,20'; empty: sampling_steps spread evenly.");
  options.add("eta", eta, "Noise of ddim; 0: deterministic, 1: as much as the posterior has.").range(0, 1);
  options.add("solver_order", solver_order, "Order of dpm-solver and dpm-solver++.").range(1, 3);
  options.add("solver_method", solver_method, "Values of earlier steps, or intermediate points of each step.")
      .one_of({"multistep", "singlestep"});
  options.add("solver_skip", solver_skip, "Spacing of the solver's steps: even in t, in sqrt(t), in log SNR.")
      .one_of({"time_uniform", "time_quadratic", "logSNR"});
  options.add("solver_type", solver_type, "Coefficients of the solver's higher orders.").one_of({"dpmsolver", "taylor"});
  options.add("clip", clip, "What the predicted image is held to at each step: nothing, [-1, 1], [0, 1], its 99.5th percentile.")
      .one_of({"none", "start", "unit", "dynamic"});
  options.add("members", members, "Samples of each image, fused into one result.").range(1, 1000).alias("num_ensemble");
  options.add("member_batch", member_batch, "Samples in one forward pass; 0: all.").range(0).no_effect();
}

Clip SamplerSettings::clipping() const {
  if (clip == "start") return Clip::start;
  if (clip == "unit") return Clip::range(0, 1);
  return clip == "dynamic" ? Clip::dynamic() : Clip::none;
}

std::string SamplerSettings::problem(std::int64_t process_steps) const {
  if (solves(*this)) return solver_settings(*this, process_steps).problem();
  if (timestep_respacing.empty() && sampling_steps > process_steps) {
    return "sampling_steps is " + std::to_string(sampling_steps) + ", the diffusion has " + std::to_string(process_steps);
  }
  try {
    kept(*this, process_steps);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

at::Tensor sample(Denoising& method, const Batch& batch, const SamplerSettings& settings, Context& context) {
  const auto& process = method.process();
  if (const auto wrong = settings.problem(process.steps()); !wrong.empty()) throw Error(ErrorKind::configuration, wrong);
  const auto condition = method.prepare(batch);
  const auto shape = method.sample_shape(batch);
  const auto rows = batch.ids();
  const auto group = settings.member_batch == 0 ? settings.members : std::min(settings.member_batch, settings.members);
  std::vector<at::Tensor> all;
  for (std::int64_t first = 0; first < settings.members; first += group) {
    const auto members = std::min(group, settings.members - first);
    std::vector<std::string> ids;
    for (std::int64_t member = first; member < first + members; ++member) {
      for (const auto& row : rows) ids.push_back(row + " sample " + std::to_string(member));
    }
    const Denoiser denoiser = [&](const at::Tensor& x, const at::Tensor& t) { return method.denoise(x, t, *condition); };
    const auto noise = [&](const std::string& what) { return context.draw(what, ids, shape); };
    const OnStep on_step = [&](const SamplerProgress& at) {
      if (context.stop_requested()) throw Error(ErrorKind::interrupted, "stopped while sampling");
      const auto share = static_cast<double>(at.done) / static_cast<double>(at.of);
      context.progress((static_cast<double>(first) + share * static_cast<double>(members)) /
                           static_cast<double>(settings.members), "sampling");
    };
    const auto made = run(settings, process, denoiser, noise, on_step);
    auto sizes = made.sizes().vec();
    sizes[0] = batch.size();
    sizes.insert(sizes.begin(), members);
    all.push_back(made.view(sizes));
  }
  return at::cat(all, 0);
}

}  // namespace plexus::diffusion
