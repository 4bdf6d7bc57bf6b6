#pragma once
#include <cstdint>
#include <vector>

#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

// `count` of 0 … steps - 1, both ends kept: stride (steps - 1) / (count - 1) added up in double and rounded half to even,
// as published code does; {0} for a count of 1. Throws Error(configuration) where count < 1 or count > steps.
std::vector<std::int64_t> evenly_kept(std::int64_t steps, std::int64_t count);

// The process that visits only the kept steps (rising, each once, within the process): beta from ratios of alpha_bar. Its
// `original` goes back to the steps of the process given.
Process respaced(const Process& process, const std::vector<std::int64_t>& kept);

}  // namespace plexus::diffusion
