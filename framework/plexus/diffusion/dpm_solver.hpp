#pragma once
#include <functional>
#include <string>
#include <vector>

#include <plexus/diffusion/clip.hpp>
#include <plexus/diffusion/continuous.hpp>
#include <plexus/diffusion/denoiser.hpp>
#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

struct DpmSettings {
  enum class Algorithm { data, noise };        // DPM-Solver++ (of the predicted x0), DPM-Solver (of the predicted noise)
  enum class Method { multistep, singlestep };
  enum class Skip { time_uniform, time_quadratic, log_snr };
  enum class Form { exact, taylor };           // of the second and third order's coefficients
  Algorithm algorithm = Algorithm::data;
  Method method = Method::multistep;
  Skip skip = Skip::time_uniform;
  Form form = Form::exact;
  std::int64_t order = 2;                      // 1 … 3
  std::int64_t steps = 20;                     // evaluations of the denoiser
  bool lower_order_final = true;               // multistep of fewer than 10 steps: the order falls to 1 at the end
  Clip clip = Clip::dynamic();                 // of the predicted x0; DPM-Solver++ only
  bool finish_with_start = true;               // one more evaluation: the x0 predicted at the end, not x there
  OnStep on_step = {};
  // "" or what is wrong with these settings.
  std::string problem() const;
};

// Solves the probability-flow equation from noise to image in few steps (Lu et al. 2022a: DPM-Solver; 2022b: DPM-Solver++).
// Single steps are public because they are what papers define. A "value" is what the algorithm integrates at (x, t): the
// clipped x0, or the noise. Times fall; arguments are in the order they come.
class DpmSolver {
 public:
  // `denoiser` answers as `predicts` says (not `previous`), without variance; it is told ContinuousSchedule::told.
  // Throws Error(configuration) where settings.problem() is not empty.
  DpmSolver(ContinuousSchedule schedule, Predicts predicts, Denoiser denoiser, DpmSettings settings);

  at::Tensor value(const at::Tensor& x, double t) const;
  at::Tensor start(const at::Tensor& x, double t) const;  // the clipped x0 predicted at (x, t), whatever the algorithm
  // x at t from x at s and the value there.
  at::Tensor first(const at::Tensor& x, double s, double t, const at::Tensor& value) const;
  // From the last two or three values and their times, oldest first, to t.
  at::Tensor multistep_second(const at::Tensor& x, const std::vector<at::Tensor>& values, const std::vector<double>& times,
                              double t) const;
  at::Tensor multistep_third(const at::Tensor& x, const std::vector<at::Tensor>& values, const std::vector<double>& times,
                             double t) const;
  // From s to t with intermediate points at shares r of the way in lambda.
  at::Tensor singlestep_second(const at::Tensor& x, double s, double t, double r1 = 0.5) const;
  at::Tensor singlestep_third(const at::Tensor& x, double s, double t, double r1 = 1.0 / 3, double r2 = 2.0 / 3) const;

  // count + 1 falling times from `from` to `to`.
  std::vector<double> times(DpmSettings::Skip skip, double from, double to, std::int64_t count) const;
  // From x ~ N(0, 1) to the image.
  at::Tensor sample(at::Tensor x) const;

 private:
  struct Coefficients;  // of one step in lambda
  at::Tensor predicted_noise(const at::Tensor& x, double t) const;
  at::Tensor multistep(at::Tensor x) const;
  at::Tensor singlestep(at::Tensor x) const;
  void report(std::int64_t done, const at::Tensor& x, const at::Tensor& start) const;
  ContinuousSchedule schedule_;
  Predicts predicts_;
  Denoiser denoiser_;
  DpmSettings settings_;
};

// DpmSolver over a process's own betas, for denoisers of that process: an answer's variance half is left out.
at::Tensor dpm_solver(const Process& process, const Denoiser& denoiser, at::Tensor x, const DpmSettings& settings);

}  // namespace plexus::diffusion
