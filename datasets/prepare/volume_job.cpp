#include "volume_job.hpp"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {

Job volume_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label,
               const VolumeReading& reading) {
  Job job;
  job.id = id;
  job.inputs.push_back(image.string());
  if (!label.empty()) job.inputs.push_back(label.string());
  require_files(job.inputs, "every image needs its label beside it");
  std::vector<std::int64_t> shape;
  read_volume_geometry(image, shape);
  if (reading.channel < 0 ? shape[0] != 1 : shape[0] <= reading.channel)
    throw Error(ErrorKind::data,
                fmt::format("has {} channel(s); {} is wanted", shape[0],
                            reading.channel < 0 ? "one" : fmt::format("number {}, from 0,", reading.channel)),
                image.string());
  job.outputs = layout_files(id, shape[1], reading.first_slice);
  // Stored, as float32 and scaled, with the label and the packed copy.
  job.bytes = static_cast<std::uint64_t>(shape[1] * shape[2] * shape[3]) * static_cast<std::uint64_t>(12 + 4 * shape[0]);
  return job;
}

void run_volume_job(const Job& job, const std::filesystem::path& target, const VolumeReading& reading) {
  const auto image = read_volume(job.inputs[0]);
  const auto channel = image.data[std::max<std::int64_t>(reading.channel, 0)];
  at::Tensor label;
  if (job.inputs.size() > 1) {
    label = read_volume(job.inputs[1]).data[0];
    if (label.sizes() != channel.sizes())
      throw Error(ErrorKind::data, "its size is not that of " + job.inputs[0], job.inputs[1]);
    label = checked_label(label, std::numeric_limits<std::int32_t>::max(), job.inputs[1]);
    if (!reading.labels.empty()) label = mapped_label(label, reading.labels, job.inputs[1]);
  }
  write_layout_case(target, job.id, channel, label, image.geometry, std::filesystem::path(job.inputs[0]).filename().string(),
                    reading.first_slice);
}

std::vector<LayoutCase> layout_cases(const std::vector<Job>& done) {
  std::vector<LayoutCase> cases;
  for (const auto& job : done) cases.push_back({job.id, static_cast<std::int64_t>(job.outputs.size()) - 1});
  return cases;
}

}  // namespace plexus::datasets
