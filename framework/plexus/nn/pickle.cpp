#include <plexus/nn/pickle.hpp>

#include <cmath>

#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

[[noreturn]] void wrong_kind(const char* expected, PickleValue::Kind found) {
  throw Error(ErrorKind::data, fmt::format("expected {} but found {}", expected, PickleValue::kind_name(found)));
}

std::string key_text(const PickleValue& key) {
  switch (key.kind()) {
    case PickleValue::Kind::text:
      return "'" + key.text() + "'";
    case PickleValue::Kind::integer:
      return std::to_string(key.integer());
    default:
      return PickleValue::kind_name(key.kind());
  }
}

}  // namespace

PickleValue::PickleValue(bool value) : kind_(Kind::flag), content_(value) {}
PickleValue::PickleValue(int value) : PickleValue(static_cast<std::int64_t>(value)) {}
PickleValue::PickleValue(std::int64_t value) : kind_(Kind::integer), content_(value) {}
PickleValue::PickleValue(double value) : kind_(Kind::real), content_(value) {}
PickleValue::PickleValue(std::string value)
    : kind_(Kind::text), content_(std::make_shared<const std::string>(std::move(value))) {}
PickleValue::PickleValue(const char* value) : PickleValue(std::string(value)) {}
PickleValue::PickleValue(at::Tensor value) : kind_(Kind::tensor), content_(std::move(value)) {
  if (!std::get<at::Tensor>(content_).defined()) throw std::logic_error("a PickleValue was made of an undefined tensor");
}
PickleValue::PickleValue(const TensorMap& state) : kind_(Kind::dict), ordered_(true) {
  Entries entries;
  entries.reserve(state.size());
  for (const auto& [name, tensor] : state) entries.emplace_back(name, tensor);
  content_ = std::make_shared<const Entries>(std::move(entries));
}

PickleValue PickleValue::bytes(std::string value) {
  return {Kind::bytes, std::make_shared<const std::string>(std::move(value))};
}
PickleValue PickleValue::list(Items items) { return {Kind::list, std::make_shared<const Items>(std::move(items))}; }
PickleValue PickleValue::tuple(Items items) { return {Kind::tuple, std::make_shared<const Items>(std::move(items))}; }
PickleValue PickleValue::dict(Entries entries, bool ordered) {
  return {Kind::dict, std::make_shared<const Entries>(std::move(entries)), ordered};
}

bool PickleValue::flag() const {
  if (kind_ != Kind::flag) wrong_kind("True or False", kind_);
  return std::get<bool>(content_);
}

std::int64_t PickleValue::integer() const {
  if (kind_ == Kind::integer) return std::get<std::int64_t>(content_);
  if (kind_ != Kind::real && kind_ != Kind::tensor) wrong_kind("an integer", kind_);
  const double value = real();
  if (std::trunc(value) != value || std::abs(value) > 9007199254740992.0) {
    throw Error(ErrorKind::data, fmt::format("expected an integer but found {}", value));
  }
  return static_cast<std::int64_t>(value);
}

double PickleValue::real() const {
  if (kind_ == Kind::real) return std::get<double>(content_);
  if (kind_ == Kind::integer) return static_cast<double>(std::get<std::int64_t>(content_));
  if (kind_ == Kind::tensor) {
    const auto& value = std::get<at::Tensor>(content_);
    if (value.dim() == 0 && !value.is_complex()) return value.to(at::kDouble).item<double>();
  }
  wrong_kind("a number", kind_);
}

const std::string& PickleValue::text() const {
  if (kind_ != Kind::text) wrong_kind("a text", kind_);
  return *std::get<std::shared_ptr<const std::string>>(content_);
}

const std::string& PickleValue::bytes() const {
  if (kind_ != Kind::bytes) wrong_kind("bytes", kind_);
  return *std::get<std::shared_ptr<const std::string>>(content_);
}

const at::Tensor& PickleValue::tensor() const {
  if (kind_ != Kind::tensor) wrong_kind("a tensor", kind_);
  return std::get<at::Tensor>(content_);
}

const PickleValue::Items& PickleValue::items() const {
  if (kind_ != Kind::list && kind_ != Kind::tuple) wrong_kind("a list", kind_);
  return *std::get<std::shared_ptr<const Items>>(content_);
}

const PickleValue::Entries& PickleValue::entries() const {
  if (kind_ != Kind::dict) wrong_kind("a dict", kind_);
  return *std::get<std::shared_ptr<const Entries>>(content_);
}

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind_ != Kind::dict) return nullptr;
  for (const auto& [name, value] : entries()) {
    if (name.kind_ == Kind::text && name.text() == key) return &value;
  }
  return nullptr;
}

const PickleValue* PickleValue::find(std::int64_t key) const {
  if (kind_ != Kind::dict) return nullptr;
  for (const auto& [name, value] : entries()) {
    if (name.kind_ == Kind::integer && std::get<std::int64_t>(name.content_) == key) return &value;
  }
  return nullptr;
}

const PickleValue& PickleValue::at(std::string_view key) const {
  if (const auto* found = find(key)) return *found;
  std::vector<std::string> names;
  for (const auto& [name, value] : entries()) {
    if (names.size() == 20) {
      names.emplace_back("…");
      break;
    }
    names.push_back(key_text(name));
  }
  throw Error(ErrorKind::data,
              fmt::format("there is no '{}'; there is {}", key, names.empty() ? "nothing" : join(names, ", ")));
}

TensorMap PickleValue::tensors() const {
  TensorMap state;
  state.reserve(entries().size());
  for (const auto& [name, value] : entries()) {
    if (name.kind_ != Kind::text || value.kind_ != Kind::tensor) {
      throw Error(ErrorKind::data, fmt::format("expected a state dict, but {} is {}", key_text(name), kind_name(value.kind_)));
    }
    state.emplace_back(name.text(), value.tensor());
  }
  return state;
}

const char* PickleValue::kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::flag:
      return "True or False";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a real number";
    case Kind::text:
      return "a text";
    case Kind::bytes:
      return "bytes";
    case Kind::tensor:
      return "a tensor";
    case Kind::list:
      return "a list";
    case Kind::tuple:
      return "a tuple";
    case Kind::dict:
      return "a dict";
  }
  return "";
}

}  // namespace plexus
