#pragma once
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus::datasets {

// What GenericSSL (xmed-lab) makes of each set's volumes. `as_published` keeps what its code does by accident: the zoom's last
// plane that becomes 0 for some sizes, the last labelled slice of M&Ms that is lost, the upper margin of MMWHS that is one
// voxel short.
struct ImageLabel {
  at::Tensor image, label;  // one shape; image float32
};
// [D, H, W] in Hounsfield units to `size`: image linearly, label by nearest neighbour; both float32.
ImageLabel prepared_synapse(const ImageLabel& raw, const std::vector<std::int64_t>& size);
// Already oriented LPS; raw label codes 205, 420, 500, 820 become 1 to 4, others 0; cropped to the label with a margin of 4,
// clipped to [0, 98th percentile], standardised, zoomed by nearest neighbour. Throws Error(data) without any label.
ImageLabel prepared_mmwhs(const std::string& id, const ImageLabel& raw, const std::vector<std::int64_t>& size,
                          bool as_published);
// Of a series [T, D, H, W] the frames that have a label, by "<id>_<frame>", cropped to the labelled slices and two thirds of
// the plane, 32 x 144 x 144; labels int8.
std::vector<std::pair<std::string, ImageLabel>> prepared_mnms(const std::string& id, const ImageLabel& raw, bool as_published);
// The same as planes, "<id>_<frame>_<slice>", the shorter side 288; slices without signal are left out; float32.
std::vector<std::pair<std::string, ImageLabel>> prepared_mnms_slices(const std::string& id, const ImageLabel& raw);
// An 8-bit picture to look at: value / full * 255, rounded.
at::Tensor preview(const at::Tensor& plane, double full);

// What is done to each prepared image when it is loaded: clipping, then (v - min) / (max - min). A constant image becomes 0.
enum class SslRange {
  whole,        // no clipping
  abdomen,      // [-75, 275]
  percentiles,  // the image's own, 0.5 and 99.5
};
at::Tensor loaded_range(const at::Tensor& image, SslRange range);

}  // namespace plexus::datasets
