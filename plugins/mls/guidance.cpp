#include "guidance.hpp"

#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/respace.hpp>

namespace plexus::mls {
namespace {

diffusion::Process whole_process(NetworkSettings network) {
  network.timestep_respacing.clear();
  return network.process();
}

}  // namespace

void GuidanceSettings::declare(Options& options) {
  options.add("counterpart_steps", counterpart_steps, "diffusion steps kept for the counterpart without shift");
  options.add("counterpart_start", counterpart_start, "of these, the one that a slice is noised to").range(1);
  options.add("counterpart_matched", counterpart_matched,
              "denoise from the step that was noised to; false: as published, from the one before");
  options.add("weight_con", weight_con, "of the network of slices without shift");
  options.add("weight_uncon", weight_uncon, "of the network of all slices");
  options.add("clip_denoised", clip_denoised, "hold the counterpart in [-1, 1] at every step");
}

Guidance::Guidance(const NetworkSettings& network, const GuidanceSettings& settings)
    : settings_(settings),
      process_(whole_process(network)),
      counterpart_process_(diffusion::respaced(process_, diffusion::kept_steps(process_.steps(), settings.counterpart_steps))),
      con_(std::make_shared<GuidedUNet>(network.unet())),
      uncon_(std::make_shared<GuidedUNet>(network.unet())) {
  if (settings_.counterpart_start >= counterpart_process_.steps())
    throw Error(ErrorKind::configuration,
                "counterpart_start is " + std::to_string(settings_.counterpart_start) + ", counterpart_steps keeps " +
                    std::to_string(counterpart_process_.steps()) + " steps, from 0",
                "model mls");
}

at::Tensor Guidance::noisy(const at::Tensor& slice, const at::Tensor& noise) const {
  return counterpart_process_.noised(slice, diffusion::everywhere(settings_.counterpart_start, slice), noise);
}

at::Tensor Guidance::counterpart(const at::Tensor& slice, const at::Tensor& noise) const {
  const at::NoGradGuard no_grad;
  const auto denoiser = [this](const at::Tensor& x, const at::Tensor& t) {
    return settings_.weight_con * con_->forward(x, t) + settings_.weight_uncon * uncon_->forward(x, t);
  };
  const diffusion::DdimSettings ddim{
      .clip = settings_.clip_denoised ? diffusion::Clip::start : diffusion::Clip::none,
      .from = settings_.counterpart_matched ? settings_.counterpart_start : settings_.counterpart_start - 1};
  return diffusion::ddim(counterpart_process_, denoiser, noisy(slice, noise), ddim);
}

at::Tensor Guidance::difference(const at::Tensor& slice, const at::Tensor& t, const at::Tensor& noise) const {
  const at::NoGradGuard no_grad;
  const auto x = process_.noised(slice, t, noise), told = process_.told(t);
  return process_.mean_part(con_->forward(x, told)) - process_.mean_part(uncon_->forward(x, told));
}

}  // namespace plexus::mls
