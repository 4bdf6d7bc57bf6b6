// Parity subjects of blocks, networks and the checkpoint.
#include <torch/torch.h>
#include <plexus/nn/embedding.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>

#include "diffvnet.hpp"
#include "parity_network.hpp"
#include "theta.hpp"

namespace plexus::parity {
namespace {

using genericssl::BlockSettings;

BlockSettings block_settings(const Case& given) {
  BlockSettings settings;
  settings.dimensions = given.config.at("dim");
  settings.normalization = given.config.at("normalization");
  settings.dropout = given.option("conv_dropout", settings.dropout);
  return settings;
}

// swish of the embedding, as blocks take it; undefined where the case gives none.
at::Tensor time_of(const Case& given) { return given.has_input("temb") ? at::silu(given.input("temb")) : at::Tensor(); }

void add_buffers(const torch::nn::Module& module, Outcome& outcome) {
  for (const auto& item : module.named_buffers()) outcome.outputs["buffer:" + item.key()] = item.value();
}

template <class Block>
Outcome run_block(const Case& given, Block&& block) {
  Outcome outcome;
  outcome.parameters[""] = fill_module(block);
  block.train(given.train);
  outcome.outputs["y"] = block.forward(given.input("x"), time_of(given));
  add_buffers(block, outcome);
  return outcome;
}

std::int64_t in(const Case& given) { return given.config.at("in"); }
std::int64_t out(const Case& given) { return given.config.at("out"); }

Outcome stages(const Case& given, bool timed) {
  return run_block(given, genericssl::Stages(block_settings(given), given.config.at("n_stages"), in(given), out(given), timed));
}

Outcome resize(const Case& given, genericssl::Resize::Way way, bool timed) {
  return run_block(given, genericssl::Resize(block_settings(given), way, in(given), out(given), timed));
}

Outcome one_stage(const Case& given) {
  return run_block(
      given, genericssl::Stage(block_settings(given), in(given), out(given), true, given.config.at("temb_flag").get<bool>()));
}

Outcome encoder(const Case& given) {
  genericssl::DiffVNetSettings settings;
  settings.filters = in(given);
  settings.blocks = block_settings(given);
  settings.has_dropout = given.option("has_dropout", false);
  genericssl::Encoder network(settings, false);
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train(given.train);
  const auto features = network.forward(given.input("x"));
  for (std::size_t k = 0; k < features.size(); ++k) outcome.outputs["x" + std::to_string(k + 1)] = features[k];
  add_buffers(network, outcome);
  return outcome;
}

Outcome time_step_embedding(const Case& given) {
  genericssl::Embedding network(block_settings(given), in(given), out(given));
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train(given.train);
  const bool image = given.option("image", false);
  outcome.outputs["y"] = network.forward(image ? at::cat({given.input("image"), given.input("x")}, 1) : given.input("x"));
  outcome.outputs["temb"] = network.time(given.input("step"));
  add_buffers(network, outcome);
  return outcome;
}

Outcome timestep_embedding(const Case& given) {
  return {.outputs = {{"emb", sinusoidal_embedding(given.input("t"), given.config.at("dim"), {.half_minus_one = true})}},
          .steps = {},
          .parameters = {}};
}

Outcome diffvnet(const Case& given, std::int64_t dimensions) {
  genericssl::DiffVNet network(diffvnet_settings(given, dimensions));
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  if (!given.checkpoint.empty()) {
    const Original original{.network = "diffvnet", .containers = {"state_dict"}};
    load_state_dict(network, original_state(read_torch_file(given.checkpoint), original), given.checkpoint.string());
  }
  network.train(given.train);
  for (const std::string call : given.config.at("calls")) {
    auto& output = outcome.outputs[call];
    if (call == "D_xi_l") output = network.denoise(given.input("x"), given.input("step"), given.input("image"));
    if (call == "D_psi_l") output = network.psi(given.input("image"));
    if (call == "D_theta_u") output = network.theta(given.input("image"));
    if (call == "ddim_sample") output = network.sample(given.input("image"), given.input("ddim_noise"));
    if (call == "q_sample")
      output = network.process().noised(given.input("x_start"), given.input("step"), given.input("q_noise"));
  }
  add_buffers(network, outcome);
  return outcome;
}

Outcome ema_decoder(const Case& given) {
  genericssl::DiffVNet network(diffvnet_settings(given, given.config.at("dim")));
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  for (int i = 0; i < given.config.at("updates").get<int>(); ++i) average_theta(network, given.config.at("ema_w"));
  for (const auto& [name, tensor] : state_dict(network)) outcome.outputs["param:" + name] = tensor;
  return outcome;
}

}  // namespace

void register_genericssl_parity(Subjects& subjects) {
  using Way = genericssl::Resize::Way;
  subjects.add("genericssl.conv_block", [](const Case& given) { return stages(given, false); });
  subjects.add("genericssl.conv_block_temb", [](const Case& given) { return stages(given, true); });
  subjects.add("genericssl.conv_one_stage_temb", one_stage);
  subjects.add("genericssl.down_block", [](const Case& given) { return resize(given, Way::down, false); });
  subjects.add("genericssl.down_block_temb", [](const Case& given) { return resize(given, Way::down, true); });
  subjects.add("genericssl.up_block", [](const Case& given) { return resize(given, Way::up, false); });
  subjects.add("genericssl.up_block_temb", [](const Case& given) { return resize(given, Way::up, true); });
  subjects.add("genericssl.encoder", encoder);
  subjects.add("genericssl.time_step_embedding", time_step_embedding);
  subjects.add("genericssl.timestep_embedding", timestep_embedding);
  subjects.add("genericssl.diffvnet3d", [](const Case& given) { return diffvnet(given, 3); });
  subjects.add("genericssl.diffvnet2d", [](const Case& given) { return diffvnet(given, 2); });
  subjects.add("genericssl.ema_decoder", ema_decoder);
}

}  // namespace plexus::parity
