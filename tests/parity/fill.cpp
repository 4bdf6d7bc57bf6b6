#include "fill.hpp"

#include <cmath>
#include <numbers>
#include <set>
#include <stdexcept>
#include <vector>

#include <torch/torch.h>
#include <zlib.h>
#include <plexus/nn/state_dict.hpp>

#include "subject.hpp"

namespace plexus::parity {
namespace {

template <class Value>
at::Tensor filled(const std::vector<std::int64_t>& shape, Value&& value) {
  auto all = torch::empty(shape, at::kDouble);
  auto* out = all.data_ptr<double>();
  for (std::int64_t k = 0; k < all.numel(); ++k) out[k] = value(static_cast<std::uint64_t>(k));
  return all;
}

at::Tensor given(const std::vector<std::int64_t>& shape, const nlohmann::json& data) {
  std::vector<double> values;
  bool whole = true;
  const auto collect = [&](const nlohmann::json& item, auto&& self) -> void {
    if (item.is_array()) {
      for (const auto& inner : item) self(inner, self);
    } else {
      whole = whole && !item.is_number_float();
      values.push_back(item.is_boolean() ? static_cast<double>(item.get<bool>()) : item.get<double>());
    }
  };
  collect(data, collect);
  const auto all = torch::tensor(values, at::kDouble).reshape(shape);
  return all.to(whole ? at::kLong : at::kFloat);
}

}  // namespace

Fill::Fill(const std::string& name)
    : crc_(static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size())))) {}

double Fill::operator()(std::uint64_t k) const noexcept {
  auto x = static_cast<std::uint32_t>(k * 0x9E3779B1U + crc_);
  x ^= x >> 16;
  x *= 0x85EBCA6BU;
  x ^= x >> 13;
  x *= 0xC2B2AE35U;
  x ^= x >> 16;
  return static_cast<double>(x) / 4294967296.0;
}

at::Tensor make_input(const std::string& name, const nlohmann::json& spec) {
  const auto shape = spec.at("shape").get<std::vector<std::int64_t>>();
  const auto kind = spec.at("kind").get<std::string>();
  const Fill u(name);
  if (kind == "uniform") {
    const auto low = spec.at("low").get<double>(), high = spec.at("high").get<double>();
    return filled(shape, [&](std::uint64_t k) { return low + (high - low) * u(k); }).to(at::kFloat);
  }
  if (kind == "normal") {
    const auto gauss = [&](std::uint64_t k) {
      return std::sqrt(-2 * std::log(1 - u(2 * k))) * std::cos(2 * std::numbers::pi * u(2 * k + 1));
    };
    return filled(shape, gauss).to(at::kFloat);
  }
  if (kind == "label") {
    const auto classes = spec.at("classes").get<double>();
    return filled(shape, [&](std::uint64_t k) { return std::floor(classes * u(k)); }).to(at::kLong);
  }
  if (kind == "values") return given(shape, spec.at("data"));
  throw std::runtime_error("input " + name + " is of unknown kind '" + kind + "'");
}

Entries fill_module(torch::nn::Module& module) {
  std::set<std::string> parameters;
  for (const auto& item : module.named_parameters()) parameters.insert(item.key());
  const torch::NoGradGuard no_grad;
  Entries entries;
  for (const auto& [name, tensor] : state_dict(module)) {
    const auto shape = tensor.sizes().vec();
    entries.emplace_back(name, shape);
    const Fill u(name);
    const auto s = [&](std::uint64_t k) { return 2 * u(k) - 1; };
    const bool scale = tensor.dim() == 0 || name.ends_with("weight");
    at::Tensor values;
    if (parameters.contains(name)) {
      if (tensor.dim() >= 2) {
        const double gain = std::sqrt(3.0 / static_cast<double>(tensor.numel() / shape[0]));
        values = filled(shape, [&](std::uint64_t k) { return s(k) * gain; });
      } else {
        values = filled(shape, [&](std::uint64_t k) { return (scale ? 1.0 : 0.0) + 0.1 * s(k); });
      }
    } else if (name.ends_with("running_mean")) {
      values = filled(shape, [&](std::uint64_t k) { return 0.1 * s(k); });
    } else if (name.ends_with("running_var")) {
      values = filled(shape, [&](std::uint64_t k) { return 1 + 0.1 * s(k); });
    } else if (name.ends_with("num_batches_tracked")) {
      values = torch::zeros(shape, at::kDouble);
    } else {
      continue;
    }
    at::Tensor(tensor).copy_(values);
  }
  return entries;
}

void convert(torch::nn::Module& module, at::ScalarType type) {
  const auto turn = [&](at::Tensor& tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.detach().to(type));
  };
  for (auto& item : module.named_parameters()) turn(item.value());
  for (auto& item : module.named_buffers()) turn(item.value());
}

}  // namespace plexus::parity
