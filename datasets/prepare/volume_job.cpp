#include "volume_job.hpp"

#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {

Job volume_job(const std::string& id, const std::filesystem::path& image, const std::filesystem::path& label) {
  Job job;
  job.id = id;
  job.inputs.push_back(image.string());
  if (!label.empty()) job.inputs.push_back(label.string());
  require_files(job.inputs, "every image needs its label beside it");
  std::vector<std::int64_t> shape;
  read_volume_geometry(image, shape);
  if (shape[0] != 1)
    throw Error(ErrorKind::data, fmt::format("has {} channels; the slice layout holds one", shape[0]), image.string());
  job.outputs = layout_files(id, shape[1]);
  // Stored, as float32 and scaled, with the label and the packed copy.
  job.bytes = static_cast<std::uint64_t>(shape[1] * shape[2] * shape[3]) * 16;
  return job;
}

void run_volume_job(const Job& job, const std::filesystem::path& target) {
  const auto image = read_volume(job.inputs[0]);
  at::Tensor label;
  if (job.inputs.size() > 1) {
    label = read_volume(job.inputs[1]).data;
    if (label.sizes() != image.data.sizes())
      throw Error(ErrorKind::data, "its size is not that of " + job.inputs[0], job.inputs[1]);
    label = checked_label(label[0], std::numeric_limits<std::int32_t>::max(), job.inputs[1]);
  }
  write_layout_case(target, job.id, image.data[0], label, image.geometry,
                    std::filesystem::path(job.inputs[0]).filename().string());
}

std::vector<LayoutCase> layout_cases(const std::vector<Job>& done) {
  std::vector<LayoutCase> cases;
  for (const auto& job : done) cases.push_back({job.id, static_cast<std::int64_t>(job.outputs.size()) - 1});
  return cases;
}

}  // namespace plexus::datasets
