#include <plexus/data/patch.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace plexus {
namespace {

std::int64_t half_down(std::int64_t value) { return value >= 0 ? value / 2 : -((1 - value) / 2); }

}  // namespace

PatchRoom patch_room(const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& patch, std::int64_t extra) {
  if (size.size() != patch.size()) throw std::invalid_argument("patch_room: sizes of different numbers of axes");
  bool pad = false;
  for (std::size_t a = 0; a < size.size(); ++a) pad = pad || size[a] <= patch[a];
  PatchRoom room;
  for (std::size_t a = 0; a < size.size(); ++a) {
    room.margin.push_back(pad ? std::max<std::int64_t>(half_down(patch[a] - size[a]) + extra, 0) : 0);
    room.bound.push_back(size[a] + 2 * room.margin[a] - patch[a]);
  }
  return room;
}

std::vector<std::int64_t> middle_patch(const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& patch) {
  const auto room = patch_room(size, patch, 1);
  std::vector<std::int64_t> start;
  for (std::size_t a = 0; a < size.size(); ++a)
    start.push_back(std::lrint(static_cast<double>(room.bound[a]) / 2) - room.margin[a]);
  return start;
}

}  // namespace plexus
