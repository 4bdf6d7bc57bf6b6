#pragma once
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus::datasets {

// A head CT of the midline-shift data: DiffusionMLS's metadata, `case id -> [path, label, landmarks, mls]`.
struct MlsRecord {
  std::string id, path;  // of the .npy, as the file gives it
  bool positive = false;
  // By slice: [4, 2] float64, rows anterior falx, posterior falx, shifted point, where it would lie without shift; each x
  // (column), y (row).
  std::map<std::int64_t, at::Tensor> landmarks;
  double mls = 0;                       // in pixels; 0 for cases without shift
  std::array<double, 2> spacing{0, 0};  // of a pixel, x and y in mm; 0: not known (a pickle has none)
  // Of our own JSON: where the volume lies in the patient, and the grid of the scan it was made from.
  Geometry geometry;
  std::shared_ptr<const Grid> scan = nullptr;

  // The shift in millimetres; NaN where the size of a pixel is not known. Of landmarks the largest distance; where a case
  // has none, its columns' spacing counts, along which midlines shift.
  double millimetres() const;
};

// A Python pickle (nothing in it can run), or our own JSON. Order is the file's. Records may leave out what stands behind the
// path. Throws Error(data).
std::vector<MlsRecord> read_mls_metadata(const std::filesystem::path& path);
std::vector<MlsRecord> parse_mls_pickle(std::string_view bytes, const std::string& where);
std::vector<MlsRecord> parse_mls_json(const std::string& text, const std::string& where);
// What parse_mls_json reads.
std::string mls_json(const std::vector<MlsRecord>& records);

// Which slices training uses.
struct MlsSlices {
  std::int64_t first = 8, skip_last = 6;  // slices first … depth - skip_last, inclusive
  std::int64_t end(std::int64_t depth) const { return depth - skip_last + 1; }
};
// Rows [case, slice, labelled] in the file's order. Labelled slices out of the range are left out, as published; with
// `labelled_only`, all others too.
std::vector<std::array<std::int64_t, 3>> mls_slice_index(const std::vector<std::int64_t>& depths,
                                                         const std::vector<std::vector<std::int64_t>>& labelled,
                                                         const MlsSlices& slices, bool labelled_only);

}  // namespace plexus::datasets
