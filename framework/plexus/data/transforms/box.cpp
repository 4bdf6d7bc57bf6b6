#include <plexus/data/transforms/box.hpp>

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {

bool cut_to(Sample& sample, const at::Tensor& mask, const std::vector<std::int64_t>& margin) {
  const auto axes = static_cast<std::size_t>(mask.dim());
  if (margin.size() != 1 && margin.size() != axes)
    throw Error(ErrorKind::data, fmt::format("has {} axes, but {} margins are given", axes, margin.size()), sample.id);
  std::vector<std::int64_t> start, size;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    // One axis at a time, so that no list of coordinates is made.
    at::Tensor along = mask;
    for (std::int64_t other = mask.dim() - 1; other >= 0; --other)
      if (other != static_cast<std::int64_t>(axis)) along = along.any(other);
    const at::Tensor set = along.nonzero();
    if (set.numel() == 0) return false;
    const auto more = margin[margin.size() == 1 ? 0 : axis], length = mask.size(static_cast<std::int64_t>(axis));
    const auto low = std::max<std::int64_t>(0, set[0].item<std::int64_t>() - more);
    const auto high = std::min(length, set[-1].item<std::int64_t>() + 1 + more);
    start.push_back(low);
    size.push_back(high - low);
  }
  if (size != grid(sample)) cut(sample, start, size);
  return true;
}

}  // namespace plexus::transforms
