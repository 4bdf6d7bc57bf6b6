#pragma once
#include <string>

#include <ATen/core/Tensor.h>

namespace plexus {

// A type of numbers in a file.
struct ElementType {
  enum class Kind { signed_integer, unsigned_integer, real } kind = Kind::real;
  int bytes = 4;  // 1, 2, 4 or 8; reals 2, 4 or 8
};

// Reads contiguous bytes (uint8, one axis) as numbers, one axis: the same memory where no change is needed. Unsigned types
// of several bytes become the next type that LibTorch calculates with (int32, int64), half floats float32. `swapped`: the other
// byte order; the bytes are turned in place. Throws Error(data) with `where` for whole numbers beyond 63 bits.
at::Tensor as_elements(at::Tensor bytes, ElementType type, bool swapped, const std::string& where);
// NumPy's name of a type: "uint16".
std::string type_name(ElementType type);
// The LibTorch type that it gives.
at::ScalarType used_type(ElementType type);
// Uninitialised memory; throws Error(resource) with `where` where there is not enough.
at::Tensor allocate(at::IntArrayRef shape, at::ScalarType type, const std::string& where);

}  // namespace plexus
