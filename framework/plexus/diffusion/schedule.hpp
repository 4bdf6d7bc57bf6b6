#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace plexus::diffusion {

// Noise schedules: beta of steps 0 … steps - 1, in double precision.

// Evenly spaced from first to last.
std::vector<double> linear_betas(std::int64_t steps, double first, double last);
// The usual 1e-4 … 0.02 of 1000 steps stretched to another number: 0.1 / steps … 20 / steps. Throws Error(configuration)
// where a beta would exceed 1 (20 steps or fewer).
std::vector<double> linear_betas(std::int64_t steps);
// 1 - g((i + 1) / steps) / g(i / steps), at most `largest`; g(u) = cos^2((u + 0.008) / 1.008 pi / 2) (Nichol and Dhariwal,
// 2021, eq. 17).
std::vector<double> cosine_betas(std::int64_t steps, double largest = 0.999);

// "linear" or "cosine". Throws Error(configuration) for another name or steps < 1.
std::vector<double> betas(const std::string& schedule, std::int64_t steps);

}  // namespace plexus::diffusion
