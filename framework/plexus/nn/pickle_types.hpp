#pragma once
#include <optional>
#include <string_view>

#include <c10/core/ScalarType.h>

namespace plexus::pickle {

// "FloatStorage" of torch, "UntypedStorage" of torch.storage (bytes).
std::optional<c10::ScalarType> storage_type(std::string_view name);
// The name of the class that torch.save would tag a storage of this type with; "" where it has none.
std::string_view storage_name(c10::ScalarType type);
// "float32", "bfloat16", … as after "torch.".
std::optional<c10::ScalarType> torch_type(std::string_view name);
std::string_view torch_name(c10::ScalarType type);
// numpy's "f4", "i8", "b1", …; byte order apart.
std::optional<c10::ScalarType> numpy_type(std::string_view name);

}  // namespace plexus::pickle
