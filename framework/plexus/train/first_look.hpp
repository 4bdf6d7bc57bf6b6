#pragma once
#include <string>
#include <vector>

#include <plexus/sdk/model.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {

// What a training works on, in words for its log. One line for each network and one for each stream:
// "network unet: 1813764 parameters", "batch train, 4 + 4 rows: image [8, 1, 64, 64] Float, label [8, 64, 64] Long".
std::vector<std::string> first_look(const std::vector<Network>& networks, const StreamBatches& batches);

// "loss 1.23, sup_loss 0.98". Waits for the device.
std::string loss_terms(const Losses& losses);

}  // namespace plexus
