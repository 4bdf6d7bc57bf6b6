#include <plexus/data/components.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>

namespace plexus {
namespace {

// Set voxels [begin, end) side by side in a row.
struct Run {
  std::int64_t row, begin, end;
};

// Disjoint sets of runs; the root of a set is its first run.
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }
  std::size_t root(std::size_t run) {
    while (parent_[run] != run) run = parent_[run] = parent_[parent_[run]];
    return run;
  }
  void join(std::size_t a, std::size_t b) {
    a = root(a), b = root(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

// Earlier rows that may touch a row, and how far runs may pass each other there.
struct Neighbour {
  std::int64_t dz, dy, slack;
};
std::vector<Neighbour> earlier_rows(Connectivity connectivity) {
  const bool edges = connectivity != Connectivity::faces, corners = connectivity == Connectivity::corners;
  std::vector<Neighbour> rows{{0, -1, edges ? 1 : 0}, {-1, 0, edges ? 1 : 0}};
  if (edges) rows.insert(rows.end(), {{-1, -1, corners ? 1 : 0}, {-1, 1, corners ? 1 : 0}});
  return rows;
}

// The runs of all rows, and where each row's begin (one more entry than rows).
std::pair<std::vector<Run>, std::vector<std::size_t>> find_runs(const bool* voxels, std::int64_t rows, std::int64_t width) {
  std::vector<Run> runs;
  std::vector<std::size_t> first{0};
  for (std::int64_t row = 0; row < rows; ++row) {
    const bool* line = voxels + row * width;
    for (std::int64_t x = 0; x < width; ++x) {
      if (!line[x]) continue;
      const std::int64_t begin = x;
      while (x < width && line[x]) ++x;
      runs.push_back({row, begin, x});
    }
    first.push_back(runs.size());
  }
  return {std::move(runs), std::move(first)};
}

}  // namespace

Components connected_components(const at::Tensor& mask, Connectivity connectivity) {
  if (mask.dim() != 2 && mask.dim() != 3) throw std::invalid_argument("a mask must have 2 or 3 axes");
  const at::Tensor set = mask.detach().to(at::kCPU).ne(0).contiguous();
  const std::int64_t depth = mask.dim() == 3 ? mask.size(0) : 1, height = mask.size(-2), width = mask.size(-1);
  const auto [runs, first] = find_runs(set.const_data_ptr<bool>(), depth * height, width);
  Sets sets(runs.size());
  const auto neighbours = earlier_rows(connectivity);
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y) {
      const auto row = static_cast<std::size_t>(z * height + y);
      for (const auto& [dz, dy, slack] : neighbours) {
        if (z + dz < 0 || y + dy < 0 || y + dy >= height) continue;
        const auto other = static_cast<std::size_t>((z + dz) * height + y + dy);
        std::size_t a = first[row], b = first[other];
        while (a < first[row + 1] && b < first[other + 1]) {
          if (runs[a].begin < runs[b].end + slack && runs[b].begin < runs[a].end + slack) sets.join(a, b);
          if (runs[a].end < runs[b].end)
            ++a;
          else
            ++b;
        }
      }
    }

  Components found;
  at::Tensor label = at::zeros({depth, height, width}, at::kInt);
  auto* out = label.mutable_data_ptr<std::int32_t>();
  std::vector<std::int32_t> number(runs.size());
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const std::size_t root = sets.root(k);
    if (root == k) {
      found.sizes.push_back(0);
      number[k] = static_cast<std::int32_t>(found.sizes.size());
    }
    number[k] = number[root];
    found.sizes[static_cast<std::size_t>(number[k]) - 1] += runs[k].end - runs[k].begin;
    std::fill(out + runs[k].row * width + runs[k].begin, out + runs[k].row * width + runs[k].end, number[k]);
  }
  found.label = label.reshape(mask.sizes());
  return found;
}

at::Tensor largest_component(const at::Tensor& mask, Connectivity connectivity) {
  const Components found = connected_components(mask, connectivity);
  if (found.sizes.empty()) return at::zeros(mask.sizes(), at::kBool);
  const auto largest = std::max_element(found.sizes.begin(), found.sizes.end()) - found.sizes.begin();
  return found.label.eq(static_cast<std::int64_t>(largest) + 1);
}

at::Tensor keep_largest(const at::Tensor& label, Connectivity connectivity) {
  const at::Tensor map = label.detach().to(at::kCPU);
  at::Tensor kept = at::zeros_like(map);
  const at::Tensor ids = std::get<0>(at::_unique(map.to(at::kLong)));
  for (std::int64_t k = 0; k < ids.numel(); ++k) {
    const auto id = ids[k].item<std::int64_t>();
    if (id != 0) kept.masked_fill_(largest_component(map.eq(id), connectivity), id);
  }
  return kept.to(label.device());
}

}  // namespace plexus
