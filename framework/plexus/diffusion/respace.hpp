#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

// `count` of 0 … steps - 1, both ends kept: stride (steps - 1) / (count - 1) added up in double and rounded half to even,
// as published code does; {0} for a count of 1. Throws Error(configuration) where count < 1 or count > steps.
std::vector<std::int64_t> evenly_kept(std::int64_t steps, std::int64_t count);

// Which of 0 … steps - 1 a text keeps, rising: "" all; "25" that many, "10,15,20" so many of equal sections (the first ones
// longer by one where steps do not divide), each as evenly_kept; "ddim25" every k-th from 0, k the smallest whole number that
// gives exactly 25. Throws Error(configuration) where the text is malformed or asks for more than there are.
std::vector<std::int64_t> kept_steps(std::int64_t steps, const std::string& text);

// The process that visits only the kept steps (rising, each once, within the process): beta from ratios of alpha_bar. Its
// `original` goes back to the steps of the process given.
Process respaced(const Process& process, const std::vector<std::int64_t>& kept);

}  // namespace plexus::diffusion
