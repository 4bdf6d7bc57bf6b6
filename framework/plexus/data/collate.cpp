#include <plexus/data/collate.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

std::string shape_text(const at::Tensor& tensor) {
  std::vector<std::string> sizes;
  for (const auto size : tensor.sizes()) sizes.push_back(std::to_string(size));
  return "[" + join(sizes, ", ") + "]";
}

at::Tensor stacked(const std::string& field, const std::vector<Sample>& samples) {
  const auto& first = samples.front();
  const auto& like = first.fields.at(field);
  std::vector<at::Tensor> all;
  for (const auto& sample : samples) {
    const auto found = sample.fields.find(field);
    if (found == sample.fields.end())
      throw Error(ErrorKind::data, fmt::format("has no field '{}', which '{}' has", field, first.id), sample.id);
    if (found->second.sizes() != like.sizes()) {
      throw Error(ErrorKind::data,
                  fmt::format("'{}' is {}, that of '{}' is {}: a batch needs equal shapes", field, shape_text(found->second),
                              first.id, shape_text(like)),
                  sample.id, "add a transform that gives all samples one size: resize, random_crop or center_crop");
    }
    all.push_back(found->second);
  }
  auto values = at::stack(all);
  const bool integer = at::isIntegralType(values.scalar_type(), true);
  return integer && field.starts_with("label") ? values.to(at::kLong) : values;
}

}  // namespace

Batch collate(std::vector<Sample> samples) {
  Batch batch;
  if (samples.empty()) return batch;
  for (const auto& sample : samples) {
    for (const auto& [field, tensor] : sample.fields) {
      if (samples.front().fields.count(field) == 0)
        throw Error(ErrorKind::data, fmt::format("has no field '{}', which '{}' has", field, sample.id), samples.front().id);
    }
  }
  for (const auto& [field, tensor] : samples.front().fields) batch.fields[field] = stacked(field, samples);
  for (auto& sample : samples) sample.fields.clear();
  batch.of = std::move(samples);
  return batch;
}

}  // namespace plexus
