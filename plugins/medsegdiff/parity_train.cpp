// Parity subjects of training.
#include <cmath>

#include <torch/torch.h>
#include <plexus/nn/ema.hpp>
#include <plexus/nn/state_dict.hpp>

#include "parity_shared.hpp"
#include "subject.hpp"
#include "trainer.hpp"

namespace plexus::parity {
namespace {

using medsegdiff::parity::analytic;
using medsegdiff::parity::binary;
using medsegdiff::parity::process_of;

std::map<std::string, at::Tensor> terms_of(const medsegdiff::StepTerms& terms) {
  const auto& d = terms.diffusion;
  const auto mean = at::stack({d.mse.mean(), d.bound.mean(), terms.calibration.mean(), d.loss.mean(),
                               d.loss.mean() + 10 * terms.calibration.mean()});
  return {{"vb", d.bound.detach()},
          {"loss_diff", d.mse.detach()},
          {"loss_cal", terms.calibration.detach()},
          {"loss", d.loss.detach()},
          {"terms_mean", mean.detach()}};
}

Outcome training_losses(const Case& given) {
  const auto process = process_of(given.config);
  const auto mask = binary(given.input("mask"));
  const auto &image = given.input("image"), &t = given.input("t"), &noise = given.input("noise");
  const auto x_t = process.noised(mask, t, noise);
  // Published training tells the network the number in the kept steps, unscaled; ours does not train on respaced steps.
  const auto& told = t;
  const auto answer = analytic(given.config, image, x_t, told);
  const auto objective = medsegdiff::objective(medsegdiff::parity::diffusion_settings(given.config));
  const medsegdiff::StepTerms terms{diffusion::training_terms(process, answer.output, mask, x_t, t, noise, objective),
                                    diffusion::mean_of_sample((mask - answer.calibration).square())};
  auto all = terms_of(terms);
  all["x_t"] = x_t;
  all["model_time"] = told.to(at::kFloat);
  return {.outputs = std::move(all), .steps = {}, .parameters = {}};
}

// The trainer's own loss on the real network.
medsegdiff::StepTerms network_terms(medsegdiff::Network& network, const Case& given, const at::Tensor& image,
                                    const at::Tensor& mask, const at::Tensor& t, const at::Tensor& noise) {
  const auto& config = given.config.at("diffusion");
  return medsegdiff::step_terms(network, process_of(config),
                                medsegdiff::objective(medsegdiff::parity::diffusion_settings(config)), image, binary(mask), t,
                                noise);
}

at::Tensor total(const medsegdiff::StepTerms& terms) { return (terms.diffusion.loss + 10 * terms.calibration).mean(); }

Outcome gradients(const Case& given) {
  const auto network = medsegdiff::parity::network_of(given);
  Outcome outcome;
  outcome.parameters[""] = fill_module(*network);
  network->train(given.train);
  medsegdiff::parity::set_projection(*network, given);
  const auto terms =
      network_terms(*network, given, given.input("image"), given.input("mask"), given.input("t"), given.input("noise"));
  total(terms).backward();
  outcome.outputs = terms_of(terms);
  for (const auto& item : network->named_parameters())
    if (item.value().grad().defined()) outcome.outputs["grad:" + item.key()] = item.value().grad();
  return outcome;
}

double norm(const std::vector<at::Tensor>& all) {
  double sum = 0;
  for (const auto& one : all)
    if (one.defined()) sum += one.detach().to(at::kDouble).square().sum().item<double>();
  return std::sqrt(sum);
}

Outcome train_steps(const Case& given) {
  const auto network = medsegdiff::parity::network_of(given);
  Outcome outcome;
  outcome.parameters[""] = fill_module(*network);
  network->train(given.train);
  medsegdiff::parity::set_projection(*network, given);
  const auto& config = given.config.at("optimiser");
  OptimizerOptions options{.optimizer = "adamw", .lr = config.at("lr"), .weight_decay = config.at("weight_decay")};
  const auto optimizer = options.make(network->parameters());
  Ema average(*network, config.at("ema_rate"));
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : state_dict(*network)) before[name] = tensor.clone();
  const auto steps = given.input("image").size(0);
  for (std::int64_t step = 0; step < steps; ++step) {
    const double lr = options.lr * medsegdiff::anneal(step, config.at("lr_anneal_steps"));
    for (auto& group : optimizer->param_groups()) group.options().set_lr(lr);
    optimizer->zero_grad();
    const auto terms = network_terms(*network, given, given.input("image")[step], given.input("mask")[step],
                                     given.input("t")[step], given.input("noise")[step]);
    const auto loss = total(terms);
    loss.backward();
    std::vector<at::Tensor> slopes;
    for (const auto& parameter : network->parameters()) slopes.push_back(parameter.grad());
    const auto mean = [](const at::Tensor& row) { return row.mean().item<double>(); };
    outcome.steps.push_back({{"vb", mean(terms.diffusion.bound)},
                             {"loss_diff", mean(terms.diffusion.mse)},
                             {"loss_cal", mean(terms.calibration)},
                             {"loss", mean(terms.diffusion.loss)},
                             {"total", loss.item<double>()},
                             {"grad_norm", norm(slopes)},
                             {"param_norm", norm(network->parameters())},
                             {"lr", lr}});
    optimizer->step();
    average.update(*network, step);
  }
  for (const auto& [name, tensor] : state_dict(*network)) {
    outcome.outputs[name] = tensor;
    outcome.outputs["buffer:" + name] = tensor;
    outcome.outputs["delta:" + name] = tensor - before[name];
  }
  for (const auto& [name, tensor] : average.values()) outcome.outputs["ema_delta:" + name] = tensor - before[name];
  return outcome;
}

}  // namespace

void register_medsegdiff_parity_train(Subjects& subjects) {
  subjects.add("medsegdiff.training_losses", training_losses);
  subjects.add("medsegdiff.gradients", gradients);
  subjects.add("medsegdiff.train_steps", train_steps);
}

}  // namespace plexus::parity
