#pragma once
#include "diffvnet.hpp"
#include "subject.hpp"

namespace plexus::parity {

// The network of a parity case. `conv_dropout` is the cases' name for the rate after each convolution.
inline genericssl::DiffVNetSettings diffvnet_settings(const Case& given, std::int64_t dimensions) {
  genericssl::DiffVNetSettings settings;
  settings.channels = given.config.at("n_channels");
  settings.classes = given.config.at("n_classes");
  settings.filters = given.config.at("n_filters");
  settings.blocks = {.dimensions = dimensions,
                     .normalization = given.config.at("normalization"),
                     .dropout = given.option("conv_dropout", 0.1)};
  settings.has_dropout = given.config.at("has_dropout");
  settings.dropout_rate = given.config.at("dropout_rate");
  if (given.config.contains("ddim_timesteps") && !given.config.at("ddim_timesteps").is_null())
    settings.sample_times = given.config.at("ddim_timesteps").get<std::vector<std::int64_t>>();
  return settings;
}

}  // namespace plexus::parity
