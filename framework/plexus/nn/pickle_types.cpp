#include <plexus/nn/pickle_types.hpp>

#include <array>

namespace plexus::pickle {
namespace {

struct Names {
  c10::ScalarType type;
  std::string_view torch, storage, numpy;  // "" where there is none
};

constexpr std::array<Names, 19> table{{
    {c10::ScalarType::Float, "float32", "FloatStorage", "f4"},
    {c10::ScalarType::Double, "float64", "DoubleStorage", "f8"},
    {c10::ScalarType::Half, "float16", "HalfStorage", "f2"},
    {c10::ScalarType::BFloat16, "bfloat16", "BFloat16Storage", ""},
    {c10::ScalarType::Byte, "uint8", "ByteStorage", "u1"},
    {c10::ScalarType::Char, "int8", "CharStorage", "i1"},
    {c10::ScalarType::Short, "int16", "ShortStorage", "i2"},
    {c10::ScalarType::Int, "int32", "IntStorage", "i4"},
    {c10::ScalarType::Long, "int64", "LongStorage", "i8"},
    {c10::ScalarType::Bool, "bool", "BoolStorage", "b1"},
    {c10::ScalarType::ComplexFloat, "complex64", "ComplexFloatStorage", "c8"},
    {c10::ScalarType::ComplexDouble, "complex128", "ComplexDoubleStorage", "c16"},
    {c10::ScalarType::UInt16, "uint16", "", "u2"},
    {c10::ScalarType::UInt32, "uint32", "", "u4"},
    {c10::ScalarType::UInt64, "uint64", "", "u8"},
    {c10::ScalarType::Float8_e4m3fn, "float8_e4m3fn", "", ""},
    {c10::ScalarType::Float8_e5m2, "float8_e5m2", "", ""},
    {c10::ScalarType::Float8_e4m3fnuz, "float8_e4m3fnuz", "", ""},
    {c10::ScalarType::Float8_e5m2fnuz, "float8_e5m2fnuz", "", ""},
}};

std::optional<c10::ScalarType> search(std::string_view Names::*column, std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const auto& row : table) {
    if (row.*column == name) return row.type;
  }
  return std::nullopt;
}

std::string_view name_of(std::string_view Names::*column, c10::ScalarType type) {
  for (const auto& row : table) {
    if (row.type == type) return row.*column;
  }
  return "";
}

}  // namespace

std::optional<c10::ScalarType> storage_type(std::string_view name) {
  if (name == "UntypedStorage") return c10::ScalarType::Byte;
  return search(&Names::storage, name);
}
std::string_view storage_name(c10::ScalarType type) { return name_of(&Names::storage, type); }
std::optional<c10::ScalarType> torch_type(std::string_view name) { return search(&Names::torch, name); }
std::string_view torch_name(c10::ScalarType type) { return name_of(&Names::torch, type); }
std::optional<c10::ScalarType> numpy_type(std::string_view name) { return search(&Names::numpy, name); }

}  // namespace plexus::pickle
