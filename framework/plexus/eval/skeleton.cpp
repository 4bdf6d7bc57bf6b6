#include <plexus/eval/skeleton.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>

namespace plexus {
namespace {

// One half of a round: what may go in the north and west (first), or in the south and east.
bool thin(std::vector<std::uint8_t>& inside, std::int64_t height, std::int64_t width, bool first) {
  std::vector<std::size_t> going;
  for (std::int64_t y = 1; y + 1 < height; ++y) {
    for (std::int64_t x = 1; x + 1 < width; ++x) {
      const auto at = static_cast<std::size_t>(y * width + x), line = static_cast<std::size_t>(width);
      if (inside[at] == 0) continue;
      // P2 ... P9: north, then clockwise.
      const std::array<std::uint8_t, 8> p{inside[at - line],     inside[at - line + 1], inside[at + 1],        inside[at + line + 1],
                                          inside[at + line],     inside[at + line - 1], inside[at - 1],        inside[at - line - 1]};
      int neighbours = 0, rises = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        neighbours += p[i];
        rises += p[i] == 0 && p[(i + 1) % 8] == 1 ? 1 : 0;
      }
      if (neighbours < 2 || neighbours > 6 || rises != 1) continue;
      const int north = p[0], east = p[2], south = p[4], west = p[6];
      const bool may_go = first ? north * east * south == 0 && east * south * west == 0
                                : north * east * west == 0 && north * south * west == 0;
      if (may_go) going.push_back(at);
    }
  }
  for (const auto at : going) inside[at] = 0;
  return !going.empty();
}

double share(const at::Tensor& part, const at::Tensor& of) {
  return part.logical_and(of).sum().item<double>() / part.ne(0).sum().item<double>();
}

}  // namespace

at::Tensor skeleton(const at::Tensor& mask) {
  if (mask.dim() != 2) throw std::invalid_argument("skeleton: the mask is no plane");
  const auto padded = at::constant_pad_nd(mask.detach().to(at::kCPU).ne(0).to(at::kByte), {1, 1, 1, 1}, 0).contiguous();
  const auto *begin = padded.const_data_ptr<std::uint8_t>(), *end = begin + padded.numel();
  std::vector<std::uint8_t> inside(begin, end);
  bool changed = true;
  while (changed) {
    changed = thin(inside, padded.size(0), padded.size(1), true);
    changed = thin(inside, padded.size(0), padded.size(1), false) || changed;
  }
  const auto thinned = at::from_blob(inside.data(), padded.sizes(), at::kByte);
  return thinned.slice(0, 1, -1).slice(1, 1, -1).clone();
}

double centreline_dice(const at::Tensor& prediction, const at::Tensor& truth) {
  if (prediction.sizes() != truth.sizes()) throw std::invalid_argument("centreline_dice: the masks differ in shape");
  const auto predicted = prediction.detach().to(at::kCPU).ne(0), real = truth.detach().to(at::kCPU).ne(0);
  if (!predicted.any().item<bool>() || !real.any().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
  const double precision = share(skeleton(predicted), real), sensitivity = share(skeleton(real), predicted);
  return precision + sensitivity > 0 ? 2 * precision * sensitivity / (precision + sensitivity) : 0;
}

}  // namespace plexus
