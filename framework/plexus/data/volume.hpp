#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/data/header.hpp>
#include <plexus/data/shear.hpp>
#include <plexus/data/volume_format.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus {

// What the file said of its voxels.
struct Stored {
  std::string format;           // "NIfTI-1", "NRRD", "MetaImage", "PNG", "DICOM series", "HDF5", "ITK HDF5", "NPY", "NPZ", …
  std::string type;             // NumPy's name: "uint16"
  double slope = 1, inter = 0;  // applied: value = stored * slope + inter; NaN where they differ from slice to slice
  std::string transform;        // NIfTI: which told the grid, "sform", "qform" or "pixdim"; else ""
};

// A volume as stored. `data` is [C, D, H, W], contiguous, index (i, j, k) of the file at [c, k, j, i]; arrays without
// geometry (NPY, NPZ, HDF5 without attributes) keep their axis order. Element type: that of the file (uint16 as int32, uint32
// and uint64 as int64, which LibTorch calculates with), float32 where a slope is applied.
struct Volume {
  at::Tensor data;
  Geometry geometry;
  std::shared_ptr<const Header> header;  // of NIfTI and DICOM; null for other formats
  std::vector<std::string> notes;        // what was repaired, chosen or left out while reading, one sentence each
  Stored stored;
};

struct ReadOptions {
  OnShear on_shear = OnShear::error;
  bool label = false;        // the label of a file that holds image and label (H5, NPZ); reals are rounded to int32, never cut
  std::string key = {};      // the data set or array to take instead
  std::string series = {};   // DICOM: the SeriesInstanceUID; "": the series with the largest number of slices
  bool uneven = false;       // DICOM: missing slices and mixed spacing are noted, the mean spacing is taken; else refused
};

// Reads by suffix: NIfTI-1 and NIfTI-2, single or in pairs (own codec), NRRD, MetaImage, PNG, JPEG, TIFF, BMP (ITK), a DICOM
// series by its folder or one of its files (GDCM), HDF5 (data sets image/label, or ITK's own images), NPY and NPZ (image or
// vol, label or seg, or the only array). Fourth axes and colours are channels.
// Throws Error(data) naming the file: missing, cut short, not what the suffix says, RGBA or complex voxels, more than 4
// dimensions, sheared or undefined axes, sizes that the file cannot hold (before memory is taken).
Volume read_volume(const std::filesystem::path& path, const ReadOptions& options = {});
// The same without voxels (`data` is undefined) where the format allows that: NIfTI, NRRD, MetaImage, pictures and DICOM only
// read headers; `shape` is [C, D, H, W].
Volume read_volume_geometry(const std::filesystem::path& path, std::vector<std::int64_t>& shape,
                            const ReadOptions& options = {});

struct WriteOptions {
  // Of compression where the format has one: 1 (quick) to 12 (small; ITK's formats: 9). 0: 1 for images, 4 for labels. Images
  // are as large at 1 as at 6 to 2 %, since their noise does not pack, and written 1.4 to 3 times as fast.
  int level = 0;
};

// Writes an integer map [D, H, W] on the given grid, atomically. NIfTI: the header of `like` is kept (units, description,
// codes, both transforms) with the smallest integer type that holds the values, slope 1, intent LABEL; without `like`, or
// where its grid is another, a header is made from the geometry. The file is read back and its geometry compared before it
// takes the target's name. Formats: those of read_volume but for DICOM (dicom_seg.hpp); pictures hold one plane of 8 bits, no
// JPEG; NPY and pictures keep no geometry. Throws Error(data), or Error(resource) where the disk is full.
// Headers with their voxels in another file (.hdr, .nhdr, .mhd) come last: a header that is there has its voxels.
void write_label(const std::filesystem::path& path, const at::Tensor& label, const Geometry& geometry,
                 const Header* like = nullptr, const WriteOptions& options = {});
// The same for an image [D, H, W] or [C, D, H, W]: floating types as float32, integers as they are.
void write_image(const std::filesystem::path& path, const at::Tensor& image, const Geometry& geometry,
                 const Header* like = nullptr, const WriteOptions& options = {});

// The files that a volume of this name is written to: itself, and where it is one of a pair the other.
std::vector<std::filesystem::path> written_files(const std::filesystem::path& path);

// Largest distance in millimetres between the places that two geometries give the corners of a grid of `size` [D, H, W].
double corner_distance(const Geometry& a, const Geometry& b, at::IntArrayRef size);

}  // namespace plexus
