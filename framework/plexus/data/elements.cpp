#include <plexus/data/elements.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace plexus {
namespace {

template <std::size_t Size>
void turn(at::Tensor& bytes) {
  auto* at = bytes.mutable_data_ptr<std::uint8_t>();
  auto* const end = at + bytes.numel();
  for (; at < end; at += Size) std::reverse(at, at + Size);
}

template <class From, class To>
at::Tensor widened(const at::Tensor& bytes, at::ScalarType type, const std::string& where) {
  const auto count = bytes.numel() / static_cast<std::int64_t>(sizeof(From));
  auto result = allocate({count}, type, where);
  const auto* from = static_cast<const From*>(bytes.const_data_ptr());
  auto* to = result.mutable_data_ptr<To>();
  for (std::int64_t i = 0; i < count; ++i) {
    if constexpr (sizeof(From) == sizeof(To)) {
      if (from[i] > static_cast<From>(std::numeric_limits<To>::max()))
        throw Error(ErrorKind::data, "holds whole numbers beyond 63 bits", where);
    }
    to[i] = static_cast<To>(from[i]);
  }
  return result;
}

}  // namespace

at::ScalarType used_type(ElementType type) {
  using Kind = ElementType::Kind;
  switch (type.bytes) {
    case 1:
      return type.kind == Kind::unsigned_integer ? at::kByte : at::kChar;
    case 2:
      return type.kind == Kind::real ? at::kFloat : type.kind == Kind::unsigned_integer ? at::kInt : at::kShort;
    case 4:
      return type.kind == Kind::real ? at::kFloat : type.kind == Kind::unsigned_integer ? at::kLong : at::kInt;
    case 8:
      return type.kind == Kind::real ? at::kDouble : at::kLong;
    default:
      throw std::logic_error("used_type: size of an element");
  }
}

std::string type_name(ElementType type) {
  using Kind = ElementType::Kind;
  const char* kind = type.kind == Kind::real ? "float" : type.kind == Kind::signed_integer ? "int" : "uint";
  return kind + std::to_string(8 * type.bytes);
}

at::Tensor allocate(at::IntArrayRef shape, at::ScalarType type, const std::string& where) {
  try {
    return at::empty(shape, type);
  } catch (const c10::Error&) {
    double bytes = static_cast<double>(c10::elementSize(type));
    for (const auto size : shape) bytes *= static_cast<double>(size);
    throw Error(ErrorKind::resource, fmt::format("needs {:.1f} GiB of memory", bytes / (1024.0 * 1024 * 1024)), where);
  }
}

at::Tensor as_elements(at::Tensor bytes, ElementType type, bool swapped, const std::string& where) {
  if (swapped && type.bytes == 2) turn<2>(bytes);
  if (swapped && type.bytes == 4) turn<4>(bytes);
  if (swapped && type.bytes == 8) turn<8>(bytes);
  if (type.kind == ElementType::Kind::unsigned_integer) {
    if (type.bytes == 2) return widened<std::uint16_t, std::int32_t>(bytes, at::kInt, where);
    if (type.bytes == 4) return widened<std::uint32_t, std::int64_t>(bytes, at::kLong, where);
    if (type.bytes == 8) return widened<std::uint64_t, std::int64_t>(bytes, at::kLong, where);
  }
  if (type.kind == ElementType::Kind::real && type.bytes == 2) return bytes.view(at::kHalf).to(at::kFloat);
  return bytes.view(used_type(type));
}

}  // namespace plexus
