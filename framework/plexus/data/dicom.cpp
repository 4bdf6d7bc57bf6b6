#include <plexus/data/dicom.hpp>

#include <plexus/data/itk_io.hpp>

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <itkGDCMImageIO.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/dicom_header.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// What GDCM would take at its word: colours, and sizes that the file cannot hold.
void check_readable(const DicomHeader& header, const DicomSeries& series) {
  const auto path = header.path.string();
  if (header.whole(dicom_tag::samples).value_or(1) != 1 || header.text(dicom_tag::photometric).starts_with("PALETTE"))
    throw Error(ErrorKind::data, "colour images are not intensities", path, "give a series with one number a pixel");
  const auto bits = header.whole(dicom_tag::bits).value_or(0);
  if (bits != 8 && bits != 16 && bits != 32)
    throw Error(ErrorKind::data, fmt::format("pixels of {} bits cannot be read", bits), path);
  if (header.whole(dicom_tag::rows) != series.rows || header.whole(dicom_tag::columns) != series.columns)
    throw Error(ErrorKind::data, "its size differs from slice to slice", path);
  const double promised =
      static_cast<double>(series.rows * series.columns) * (bits / 8) * header.number(dicom_tag::frames).value_or(1);
  const auto held = static_cast<double>(header.compressed ? most_inflated(header.pixel_bytes) : header.pixel_bytes);
  if (promised > held) {
    throw Error(ErrorKind::data,
                fmt::format("cut short: its header promises {:.3g} bytes of pixels, the file has {}", promised,
                            human_bytes(header.pixel_bytes)),
                path, "copy or download the file again");
  }
}

// One file's pixels, [D, H, W] with slope and intercept applied by ITK.
at::Tensor read_file_pixels(const fs::path& path, const DicomSeries& series, Geometry* geometry, std::string* type) {
  at::Tensor data;
  itk_io::guarded(path, [&] {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(path.string());
    io->ReadImageInformation();
    const auto kind = itk_io::types(*io, path);
    const auto axes = io->GetNumberOfDimensions();
    itk::ImageIORegion region(axes);
    std::vector<std::int64_t> size;
    for (unsigned axis = 0; axis < axes; ++axis) {
      region.SetSize(axis, io->GetDimensions(axis));
      size.insert(size.begin(), static_cast<std::int64_t>(io->GetDimensions(axis)));
    }
    while (size.size() > 3 && size.front() == 1) size.erase(size.begin());
    if (size.size() == 2) size.insert(size.begin(), 1);
    if (size.size() != 3 || size[1] != series.rows || size[2] != series.columns || io->GetNumberOfComponents() != 1)
      throw Error(ErrorKind::data, "its sizes contradict each other", path.string());
    if (geometry) {
      geometry->known = true;
      for (unsigned axis = 0; axis < 3; ++axis) {
        geometry->spacing[axis] = axis < axes ? io->GetSpacing(axis) : 1;
        geometry->origin[axis] = axis < axes ? io->GetOrigin(axis) : 0;
        const auto direction = io->GetDirection(axis);
        for (unsigned row = 0; row < 3; ++row) geometry->direction[3 * row + axis] = direction[row];
      }
    }
    if (type) *type = kind.name;
    data = allocate(size, kind.stored, path.string());
    if (static_cast<std::int64_t>(io->GetImageSizeInBytes()) != static_cast<std::int64_t>(data.nbytes()))
      throw Error(ErrorKind::data, "its sizes contradict each other", path.string());
    io->SetIORegion(region);
    io->Read(data.mutable_data_ptr());
    data = data.to(kind.used);
  });
  return data;
}

struct Scaling {
  double slope, inter;
};
Scaling scaling_of(const DicomHeader& header) {
  return {header.number(dicom_tag::slope).value_or(1), header.number(dicom_tag::inter).value_or(0)};
}

}  // namespace

Volume read_dicom(const fs::path& path, const ReadOptions& options, bool voxels, std::vector<std::int64_t>& shape) {
  Volume volume;
  auto series = std::make_shared<DicomSeries>(find_dicom_series(path, options.series, options.uneven, volume.notes));
  volume.stored.format = series->multi_frame ? "DICOM multi-frame" : "DICOM series";
  shape = {static_cast<std::int64_t>(series->channels.size()), static_cast<std::int64_t>(series->planes.size()), series->rows,
           series->columns};
  bool first = true;
  for (std::int64_t c = 0; c < shape[0]; ++c) {
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(series->planes.size()); ++k) {
      throw_if_stopped();
      const auto& file = series->channels[static_cast<std::size_t>(c)][static_cast<std::size_t>(k)];
      const auto header = read_dicom_header(file);
      check_readable(header, *series);
      const auto scaling = scaling_of(header);
      if (first) {
        volume.stored.slope = scaling.slope;
        volume.stored.inter = scaling.inter;
      } else if (scaling.slope != volume.stored.slope || scaling.inter != volume.stored.inter) {
        volume.stored.slope = volume.stored.inter = std::numeric_limits<double>::quiet_NaN();
      }
      if (!voxels && !series->multi_frame) {
        if (first && header.text(dicom_tag::photometric) == "MONOCHROME1")
          volume.notes.emplace_back("low values are shown bright (MONOCHROME1)");
        first = false;
        continue;
      }
      const auto pixels = read_file_pixels(file, *series, series->multi_frame ? &series->geometry : nullptr,
                                           first ? &volume.stored.type : nullptr);
      if (first) {
        if (series->multi_frame) shape[1] = pixels.size(0);
        volume.data = allocate(shape, pixels.scalar_type(), path.string());
        if (header.text(dicom_tag::photometric) == "MONOCHROME1")
          volume.notes.emplace_back("low values are shown bright (MONOCHROME1)");
      } else if (pixels.scalar_type() != volume.data.scalar_type() && volume.data.scalar_type() != at::kFloat) {
        volume.data = volume.data.to(at::kFloat);  // scaled otherwise from slice to slice
      }
      if (series->multi_frame)
        volume.data[c].copy_(pixels);
      else
        volume.data[c][k].copy_(pixels[0]);
      first = false;
    }
  }
  volume.geometry = series->geometry;
  if (const double tilt = shear_of(volume.geometry); tilt > largest_shear && options.on_shear == OnShear::error) {
    throw Error(ErrorKind::data,
                fmt::format("the slices were taken under a tilted gantry, {:.2f} degrees off their normal",
                            std::asin(tilt) * 180 / 3.14159265358979323846),
                path.string(), "read it with on-shear 'resample' (onto a grid with right angles)");
  }
  volume.header = std::make_shared<Header>(std::shared_ptr<const DicomSeries>(std::move(series)));
  return volume;
}

}  // namespace plexus
