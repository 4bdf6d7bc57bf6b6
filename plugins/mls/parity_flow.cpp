// Parity subjects of the deformation: its network, the flow, the losses, the counterpart, prediction.
#include <torch/torch.h>

#include <plexus/nn/original.hpp>
#include <plexus/nn/pickle.hpp>
#include <plexus/nn/state_dict.hpp>

#include "deform_unet.hpp"
#include "flow.hpp"
#include "losses.hpp"
#include "model.hpp"
#include "parity_config.hpp"

namespace plexus::parity {
namespace {

using Sizes = std::vector<std::int64_t>;

Outcome deform_unet(const Case& given) {
  const Sizes size = given.config.at("inshape");
  mls::DeformUNet network(size[0], size[1], given.option("infeats", std::int64_t{2}));
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train(given.train);
  if (!given.checkpoint.empty())
    load_state_dict(network, original_state(read_torch_file(given.checkpoint), {.network = "deformation"}), given.checkpoint.string());
  const auto velocity = network.forward(given.input("x"));
  outcome.outputs["velocity"] = velocity;
  outcome.outputs["field"] = mls::integrate(velocity, 7);
  return outcome;
}

Outcome spatial_transformer(const Case& given) {
  const auto src = given.input("src").clone().set_requires_grad(true), flow = given.input("flow").clone().set_requires_grad(true);
  const auto out = mls::warp(src, flow, given.config.at("mode"));
  (out * src.detach().flip(-1)).sum().backward();
  Outcome outcome;
  outcome.outputs = {{"out", out}, {"grad:src", src.grad()}, {"grad:flow", flow.grad()}};
  return outcome;
}

Outcome vecint(const Case& given) {
  const auto velocity = given.input("vec").clone().set_requires_grad(true);
  const auto out = mls::integrate(velocity, given.config.at("nsteps"));
  out.square().sum().backward();
  Outcome outcome;
  outcome.outputs = {{"out", out}, {"grad:vec", velocity.grad()}};
  return outcome;
}

Outcome smooth_loss(const Case& given) {
  Outcome outcome;
  outcome.outputs["out"] = mls::roughness(given.input("field"));
  return outcome;
}

Outcome deformation_losses(const Case& given) {
  const auto coarse = given.input("velocity");
  const std::int64_t factor = given.config.at("velocity_upsample");
  const auto velocity = at::upsample_bilinear2d(coarse, {coarse.size(2) * factor, coarse.size(3) * factor}, false).set_requires_grad(true);
  const auto field = mls::integrate(velocity, given.config.at("integration_steps"));
  const auto warped = mls::warp(given.input("counterpart"), field);
  const auto mse = mls::similarity(given.input("image"), warped, given.input("mask"));
  const auto smooth = mls::roughness(field);
  const auto landmarks = mls::landmark_error(field, given.input("landmarks"), mls::LandmarkSampling::published);
  const auto hinge = mls::excess(field, given.input("mls"), false);
  const auto loss = (mse * (1 + given.config.at("epoch").get<double>() / 20) + smooth + landmarks + hinge).mean();
  loss.backward();
  Outcome outcome;
  outcome.outputs = {{"field", field},
                     {"warped", warped},
                     {"loss_mse", mse},
                     {"loss_deformation", landmarks},
                     {"loss_hinge", hinge},
                     {"terms", at::stack({mse.mean(), smooth.mean(), landmarks.mean(), hinge.mean(), loss})},
                     {"grad:velocity", velocity.grad()}};
  return outcome;
}

Outcome counterpart(const Case& given) {
  const mls::Guidance guidance(mls_network(given), mls_guidance(given));
  PrefixedNetworks networks;
  networks.add("con", guidance.con());
  networks.add("uncon", guidance.uncon());
  Outcome outcome;
  outcome.parameters[""] = fill_module(networks);
  networks.eval();
  const auto &image = given.input("image"), &noise = given.input("noise");
  outcome.outputs = {{"noisy", guidance.noisy(image, noise)}, {"counterpart", guidance.counterpart(image, noise)}};
  return outcome;
}

Outcome predict_mls(const Case& given) {
  mls::ModelSettings settings;
  settings.network = mls_network(given);
  settings.timestep = given.config.at("timestep");
  settings.integration_steps = given.config.at("integration_steps");
  settings.region = "image";
  const Sizes size = given.config.at("size");
  mls::ShiftModel model(settings, {}, std::make_shared<mls::DeformUNet>(size[0], size[1]));
  PrefixedNetworks networks;
  networks.add("con", model.guidance().con());
  networks.add("uncon", model.guidance().uncon());
  networks.add("deform", model.networks().front().module);
  Outcome outcome;
  outcome.parameters[""] = fill_module(networks);
  networks.eval();
  const at::NoGradGuard no_grad;
  const auto shifts = [&](const at::Tensor& slices, const at::Tensor& noise) {
    return model.shifts(model.predicted_field(slices, noise), {}, {}).pixels;
  };
  const auto &images = given.input("images"), &noise = given.input("slice_noise");
  const auto difference = model.guidance().difference(images, torch::tensor({settings.timestep}), noise);
  const auto of_slices = shifts(images, noise);
  const auto volume = given.input("volume");
  const auto first = given.config.at("first_slice").get<std::int64_t>(),
             end = volume.size(0) - given.config.at("skip_last").get<std::int64_t>();
  const auto of_volume = shifts(volume.slice(0, first, end).unsqueeze(1), given.input("volume_noise"));
  outcome.outputs = {{"difference", difference},
                     {"velocity", model.deformation().forward(at::cat({images, difference}, 1))},
                     {"field", model.field(images, difference)},
                     {"mls", of_slices},
                     {"volume_slice_mls", of_volume},
                     {"errors", at::stack({of_volume.max(), (of_slices - given.input("mls")).abs().mean(),
                                           (of_volume.max() - given.input("volume_mls")[0]).abs()})}};
  return outcome;
}

}  // namespace

void register_mls_parity_flow(Subjects& subjects) {
  subjects.add("mls.deform_unet", deform_unet);
  subjects.add("mls.spatial_transformer", spatial_transformer);
  subjects.add("mls.vecint", vecint);
  subjects.add("mls.smooth_loss", smooth_loss);
  subjects.add("mls.deformation_losses", deformation_losses);
  subjects.add("mls.counterpart", counterpart);
  subjects.add("mls.predict_mls", predict_mls);
}

}  // namespace plexus::parity
