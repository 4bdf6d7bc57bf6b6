#include <plexus/data/transforms/crop_size.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {

void CropSize::declare(Options& options) {
  options.add("size", size, "height and width, or depth, height and width").required().unit("voxels");
  options.rule([this] {
    const bool right = std::all_of(size.begin(), size.end(), [](std::int64_t one) { return one >= 1 && one <= longest_axis; });
    return right && !size.empty() && size.size() <= 3 ? "" : "size needs up to three numbers in [1, 65536]";
  });
}

std::vector<std::int64_t> spare_voxels(const Sample& sample, const std::vector<std::int64_t>& size, const std::string& step) {
  const auto have = grid(sample);
  if (size.size() > have.size())
    throw Error(ErrorKind::data, fmt::format("has fewer axes than the {} sizes of {}", size.size(), step), sample.id);
  std::vector<std::int64_t> spare;
  for (std::size_t i = 0; i < size.size(); ++i) spare.push_back(have[have.size() - size.size() + i] - size[i]);
  return spare;
}

}  // namespace plexus::transforms
