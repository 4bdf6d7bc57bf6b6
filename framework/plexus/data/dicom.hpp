#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/data/volume.hpp>

namespace plexus {

// A series of slices, or one file of several frames.
struct DicomSeries {
  std::string uid, description, modality;
  // planes[k] is plane k of the first channel, along the normal of the slices; one file where it holds all frames.
  std::vector<std::filesystem::path> planes;
  std::vector<std::vector<std::filesystem::path>> channels;  // planes of each; the first is `planes`
  bool multi_frame = false;
  std::int64_t rows = 0, columns = 0;
  Geometry geometry;  // LPS; the direction's third column is off its right angle under a tilted gantry
};

// Finds the series by a folder, or one of its files, and sorts it by the positions of its slices along their normal. Of
// several (told apart by SeriesInstanceUID, size and orientation) the one with the most slices is taken and the others are
// told in `notes`; two of the most slices are an error that names them, unless `uid` (or the file) says which. Slices that
// share their positions, each as often, are channels, in the order of acquisition and instance numbers.
// Throws Error(data): no such series, damaged files, slices without position, size or spacing; missing slices and mixed
// spacing unless `uneven` (then noted).
DicomSeries find_dicom_series(const std::filesystem::path& path, const std::string& uid, bool uneven,
                              std::vector<std::string>& notes);

// Voxels through GDCM, slope and intercept applied. volume.header keeps the series.
Volume read_dicom(const std::filesystem::path& path, const ReadOptions& options, bool voxels, std::vector<std::int64_t>& shape);

}  // namespace plexus
