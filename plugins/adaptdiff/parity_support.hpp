#pragma once
#include "segmenter.hpp"
#include "spade_unet.hpp"
#include "subject.hpp"

namespace plexus::parity {

inline adaptdiff::SpadeUnetSettings unet_settings(const nlohmann::json& network) {
  return {.image_channels = network.at("image_channels"),
          .out_channels = network.at("out_channels"),
          .condition_channels = network.at("condition_channels"),
          .widths = network.at("down_channels"),
          .time_size = network.at("time_emb_dim"),
          .embed_channels = network.at("embed_channels")};
}

inline adaptdiff::ResUnetSettings segmentation_settings(const nlohmann::json& network) {
  return {.in_channels = network.at("nch_in"), .classes = network.at("nch_out"), .widths = network.at("nch_enc")};
}

}  // namespace plexus::parity
