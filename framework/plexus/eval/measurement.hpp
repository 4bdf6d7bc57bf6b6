#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/sdk/metric.hpp>

namespace plexus {

// What the framework's metrics share: which labels they go over, what they compare, and how they state a figure.

// The labels of DataInfo but the first, the background.
std::vector<Label> foreground(const DataInfo& info);
std::vector<std::int64_t> ids_of(const std::vector<Label>& labels);

// A measurement with its status: undefined where the value is NaN, and how an empty mask was counted.
Measurement measured(double value, const Label& label, std::string metric, std::string unit, std::string rule,
                     const std::string& status = "ok");

// The label maps of a case: on the CPU and of one shape, or Error.
struct LabelPair {
  at::Tensor prediction, truth;
};
LabelPair label_pair(const Prediction& prediction, const Sample& truth, const std::string& metric);
// Millimetres between neighbours along each axis of a label map, in its order; empty where the data store none.
std::vector<double> axis_spacing(const at::Tensor& label, const Geometry& geometry);

}  // namespace plexus
