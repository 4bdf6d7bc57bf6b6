#include <plexus/train/first_look.hpp>

#include <torch/nn/module.h>

#include <c10/core/ScalarType.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <plexus/train/recorder.hpp>

namespace plexus {
namespace {

std::string of_network(const Network& network) {
  std::int64_t parameters = 0;
  for (const auto& tensor : network.module->parameters()) parameters += tensor.numel();
  return fmt::format("network {}: {} parameters{}", network.name, parameters,
                     network.role == Network::Role::frozen ? ", not trained here" : "");
}

std::string of_stream(const std::string& name, const Batch& batch) {
  std::vector<std::string> fields;
  for (const auto& [field, tensor] : batch.fields)
    fields.push_back(fmt::format("{} {} {}", field, tensor.sizes().vec(), c10::toString(tensor.scalar_type())));
  const auto rows = batch.parts.size() > 1 ? fmt::format("{}", fmt::join(batch.parts, " + ")) : fmt::format("{}", batch.size());
  return fmt::format("batch {}, {} rows: {}", name, rows, fmt::join(fields, ", "));
}

}  // namespace

std::vector<std::string> first_look(const std::vector<Network>& networks, const StreamBatches& batches) {
  std::vector<std::string> lines;
  for (const auto& network : networks) lines.push_back(of_network(network));
  for (const auto& [name, batch] : batches) lines.push_back(of_stream(name, batch));
  return lines;
}

std::string loss_terms(const Losses& losses) {
  std::vector<std::string> terms;
  for (const auto& [name, value] : losses) terms.push_back(term_in_words(name, value.item<double>()));
  return fmt::format("{}", fmt::join(terms, ", "));
}

}  // namespace plexus
