#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/reserved.hpp>

namespace plexus {

// Where a grid lies in the patient, in ITK's world (LPS: x to the left, y to the back, z up), millimetres.
// spacing and origin are x, y, z; direction is row-major, its columns are the unit vectors of the index axes i (x, fastest
// in memory), j, k. A tensor [D, H, W] holds index (i, j, k) at [k, j, i].
struct Geometry {
  std::array<double, 3> spacing{1, 1, 1}, origin{0, 0, 0};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};
  bool known = false;  // false: the source stores none; spacing is then 1 voxel, and distances are in voxels
};

// What voxels stand on: a geometry and sizes (D,) H, W.
struct Grid {
  Geometry geometry;
  std::vector<std::int64_t> size;
  Reserved reserved = {};
};

class Header;  // of the file that a sample came from; data/ reads and writes it

// One training item or one case. Tensors are on the CPU, contiguous: image fields [C, (D,) H, W] float32, label fields
// [(D,) H, W] integer; other fields as the data set says.
struct Sample {
  std::string id;       // unique in the data set: "patient001_frame01_slice_3"
  std::string case_id;  // what a result belongs to: "patient001_frame01"
  std::int64_t slice = -1;
  std::map<std::string, at::Tensor> fields;  // "image", "label", …
  Geometry geometry;
  std::shared_ptr<const Header> header;
  std::shared_ptr<const Grid> source;  // the file's own grid, where preparing left it; predictions go back to it
  Reserved reserved = {};
};

// Samples put together; `fields` are on the device with a leading batch axis, `of` says whose rows they are (no pixels).
struct Batch {
  std::vector<Sample> of;
  std::map<std::string, at::Tensor> fields;
  // In training: rows of each part of its stream, in order ({labeled, unlabeled}); fewer than the stream asks for where the
  // host works on a batch in several pieces. Empty elsewhere.
  std::vector<std::int64_t> parts = {};
  Reserved reserved = {};
  const at::Tensor& operator[](const std::string& field) const;  // throws std::out_of_range naming the fields there are
  bool has(const std::string& field) const;
  std::vector<std::string> ids() const;
  std::int64_t size() const { return static_cast<std::int64_t>(of.size()); }
};

}  // namespace plexus
