#pragma once
#include <exception>

namespace plexus {

// Whether an exception says that memory ran out: std::bad_alloc, or what LibTorch's allocators throw instead.
bool is_memory_fault(const std::exception& error) noexcept;

}  // namespace plexus
