#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace plexus {

// One curve: y over x, and for thinned ones the least and the greatest value that each point stands for.
struct Curve {
  std::string name;
  std::vector<double> x, y, low, high;  // low, high empty: every point is a value of its own
};

// Reads a metrics.csv (step,epoch,series,value): one curve for each series, in order of appearance. Throws Error(data).
std::vector<Curve> read_curves(const std::filesystem::path& file);

// At most `points` points: means of equal stretches of x, not counting values that are not finite.
Curve thinned(const Curve& curve, std::size_t points);

}  // namespace plexus
