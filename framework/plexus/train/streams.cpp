#include <plexus/train/streams.hpp>

#include <ATen/Functions.h>

#include <stdexcept>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

Batch take(const Batch& batch, std::int64_t piece, std::int64_t pieces) {
  Batch taken;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  std::int64_t begin = 0;
  for (const auto rows : batch.parts) {
    const auto first = rows * piece / pieces, last = rows * (piece + 1) / pieces;
    ranges.emplace_back(begin + first, last - first);
    taken.parts.push_back(last - first);
    for (auto row = begin + first; row < begin + last; ++row) taken.of.push_back(batch.of[static_cast<std::size_t>(row)]);
    begin += rows;
  }
  for (const auto& [name, field] : batch.fields) {
    std::vector<at::Tensor> rows;
    for (const auto& [from, count] : ranges) rows.push_back(field.narrow(0, from, count));
    taken.fields.emplace(name, at::cat(rows));
  }
  return taken;
}

}  // namespace

PhaseStreams::PhaseStreams(const Dataset& data, const Phase& phase,
                           const std::vector<std::shared_ptr<const Transform>>& transforms, const Rng& key,
                           LoaderOptions options)
    : streams_(phase.streams) {
  if (streams_.empty()) throw std::logic_error("phase '" + phase.name + "' has no stream");
  options.cache_bytes /= static_cast<std::int64_t>(streams_.size());
  for (const auto& stream : streams_) {
    loaders_.push_back(std::make_unique<Loader>(data, stream, transforms, key.fork(phase.name).fork(stream.name), options));
    if (loaders_.size() > 1) continue;
    per_epoch_ = loaders_.front()->batches_per_epoch();
    options.batches_per_epoch = per_epoch_;
  }
}

void PhaseStreams::seek(std::int64_t number) {
  for (const auto& loader : loaders_) loader->seek(number / per_epoch_, number % per_epoch_);
}

StreamBatches PhaseStreams::next() {
  StreamBatches batches;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    batches.emplace(streams_[i].name, loaders_[i]->next());
  }
  return batches;
}

std::vector<StreamBatches> split_rows(StreamBatches batches, std::int64_t pieces) {
  std::vector<StreamBatches> split;
  if (pieces == 1) {
    split.push_back(std::move(batches));
    return split;
  }
  for (const auto& [name, batch] : batches) {
    for (const auto rows : batch.parts) {
      if (rows >= pieces) continue;
      throw Error(ErrorKind::configuration, "a batch cannot be worked on in " + std::to_string(pieces) + " pieces",
                  "stream '" + name + "'", "one of its parts has " + std::to_string(rows) + " rows; lower micro_batches");
    }
  }
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    auto& taken = split.emplace_back();
    for (const auto& [name, batch] : batches) taken.emplace(name, take(batch, piece, pieces));
  }
  return split;
}

void move_batch(Batch& batch, at::Device device, bool channels_last) {
  for (auto& [name, field] : batch.fields) {
    field = field.to(device, /*non_blocking=*/device.is_cuda());
    if (!channels_last || !field.is_floating_point()) continue;
    if (field.dim() == 4) field = field.contiguous(at::MemoryFormat::ChannelsLast);
    if (field.dim() == 5) field = field.contiguous(at::MemoryFormat::ChannelsLast3d);
  }
}

StepBatches::~StepBatches() = default;

const Batch& StepBatches::operator[](std::string_view stream) const {
  const auto found = batches_.find(stream);
  if (found != batches_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, batch] : batches_) names.push_back(name);
  throw std::out_of_range("there is no stream '" + std::string(stream) + "'; there is " + join(names, ", "));
}

}  // namespace plexus
