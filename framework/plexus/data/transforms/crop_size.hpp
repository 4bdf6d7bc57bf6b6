#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus::transforms {

// The setting that crops to a size share.
struct CropSize {
  std::vector<std::int64_t> size;
  void declare(Options& options);
};

// How many voxels more the sample has than `size` along each of its last axes; negative where it has fewer. Throws
// Error(data), naming the step, where the sample has fewer axes.
std::vector<std::int64_t> spare_voxels(const Sample& sample, const std::vector<std::int64_t>& size, const std::string& step);

}  // namespace plexus::transforms
