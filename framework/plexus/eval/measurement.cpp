#include <plexus/eval/measurement.hpp>

#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

std::string shape_text(const at::Tensor& tensor) {
  std::vector<std::string> sizes;
  for (const auto size : tensor.sizes()) sizes.push_back(std::to_string(size));
  return join(sizes, " x ");
}

}  // namespace

std::vector<Label> foreground(const DataInfo& info) {
  return info.labels.empty() ? std::vector<Label>{} : std::vector<Label>(info.labels.begin() + 1, info.labels.end());
}

std::vector<std::int64_t> ids_of(const std::vector<Label>& labels) {
  std::vector<std::int64_t> ids;
  for (const auto& label : labels) ids.push_back(label.id);
  return ids;
}

Measurement measured(double value, const Label& label, std::string metric, std::string unit, std::string rule,
                     const std::string& status) {
  const bool undefined = std::isnan(value);
  return {label.id,        std::move(metric),
          value,           std::move(unit),
          std::move(rule), undefined && status != "ok" ? "undefined: " + status : undefined ? "undefined" : status};
}

LabelPair label_pair(const Prediction& prediction, const Sample& truth, const std::string& metric) {
  const auto predicted = prediction.fields.find("label");
  if (predicted == prediction.fields.end() || !predicted->second.defined())
    throw Error(ErrorKind::configuration, "the model predicts no label map", "metric " + metric,
                "choose metrics of what it predicts");
  const auto known = truth.fields.find("label");
  if (known == truth.fields.end() || !known->second.defined())
    throw Error(ErrorKind::data, "the case has no label map to compare with", truth.id);
  LabelPair pair{predicted->second.detach().to(at::kCPU), known->second.detach().to(at::kCPU)};
  if (pair.prediction.sizes() != pair.truth.sizes())
    throw Error(ErrorKind::data,
                "prediction and label differ in size: " + shape_text(pair.prediction) + " and " + shape_text(pair.truth),
                truth.id);
  if (pair.truth.dim() != 2 && pair.truth.dim() != 3)
    throw Error(ErrorKind::data, "a label map must have 2 or 3 axes, not " + shape_text(pair.truth), truth.id);
  return pair;
}

std::vector<double> axis_spacing(const at::Tensor& label, const Geometry& geometry) {
  if (!geometry.known) return {};
  const auto& [x, y, z] = geometry.spacing;
  return label.dim() == 2 ? std::vector<double>{y, x} : std::vector<double>{z, y, x};
}

}  // namespace plexus
