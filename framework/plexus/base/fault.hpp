#pragma once
#include <exception>
#include <string>

namespace plexus {

// Of exceptions that are not our own (plexus::Error): those of the standard library and of LibTorch.

// Whether an exception says that memory ran out: std::bad_alloc, or what LibTorch's allocators throw instead.
bool is_memory_fault(const std::exception& error) noexcept;

// What it says, without the stack trace that LibTorch puts on the lines after.
std::string first_line(const std::exception& error);

}  // namespace plexus
