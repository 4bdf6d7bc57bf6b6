#include <plexus/data/dicom.hpp>

#include <plexus/data/itk_io.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gdcmTrace.h>
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

// GDCM tells of every oddity on the terminal, without naming the file.
void quiet_gdcm() {
  static std::once_flag once;
  std::call_once(once, [] {
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
  });
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
    if (size.size() != 3 || (size[0] != 1 && !series.multi_frame) || size[1] != series.rows || size[2] != series.columns ||
        io->GetNumberOfComponents() != 1)
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

// Slope and intercept, NaN where they differ from slice to slice.
void note_scaling(const DicomHeader& header, bool first, Stored& stored) {
  for (const auto tag : {dicom_tag::slope, dicom_tag::inter})
    if (!header.text(tag).empty() && !header.number(tag))
      throw Error(ErrorKind::data, fmt::format("slope or intercept '{}' is no number", header.text(tag)), header.path.string());
  const double slope = header.number(dicom_tag::slope).value_or(1), inter = header.number(dicom_tag::inter).value_or(0);
  if (first) {
    stored.slope = slope;
    stored.inter = inter;
  } else if (slope != stored.slope || inter != stored.inter) {
    stored.slope = stored.inter = std::numeric_limits<double>::quiet_NaN();
  }
}

// Puts the planes of one file into the volume, which the first one makes.
void put_planes(const at::Tensor& planes, std::int64_t channel, std::int64_t at, std::vector<std::int64_t>& shape,
                Volume& volume) {
  if (!volume.data.defined()) {
    if (planes.size(0) > 1) shape[1] = planes.size(0);
    volume.data = allocate(shape, planes.scalar_type(), "DICOM series");
  }
  // Scaled otherwise from slice to slice: whole numbers here, reals there.
  if (planes.scalar_type() != volume.data.scalar_type()) volume.data = volume.data.to(at::kFloat);
  volume.data[channel].narrow(0, at, planes.size(0)).copy_(planes);
}

void refuse_tilt(const Geometry& geometry, const fs::path& path) {
  const double tilt = shear_of(geometry);
  if (!(tilt > largest_shear)) return;
  throw Error(ErrorKind::data,
              fmt::format("the slices were taken under a tilted gantry, {:.2f} degrees off their normal",
                          std::asin(std::min(1.0, tilt)) * 180 / 3.14159265358979323846),
              path.string(), "read it with --on-shear resample (onto a grid with right angles)");
}

}  // namespace

Volume read_dicom(const fs::path& path, const ReadOptions& options, bool voxels, std::vector<std::int64_t>& shape) {
  quiet_gdcm();
  Volume volume;
  auto series = std::make_shared<DicomSeries>(find_dicom_series(path, options.series, options.uneven, volume.notes));
  if (options.on_shear == OnShear::error) refuse_tilt(series->geometry, path);
  volume.stored.format = series->multi_frame ? "DICOM multi-frame" : "DICOM series";
  shape = {static_cast<std::int64_t>(series->channels.size()), static_cast<std::int64_t>(series->planes.size()), series->rows,
           series->columns};
  bool first = true;
  for (std::int64_t channel = 0; channel < shape[0]; ++channel) {
    std::int64_t plane = 0;
    for (const auto& file : series->channels[static_cast<std::size_t>(channel)]) {
      throw_if_stopped();
      const auto header = read_dicom_header(file);
      check_readable(header, *series);
      note_scaling(header, first, volume.stored);
      if (first && header.text(dicom_tag::photometric) == "MONOCHROME1")
        volume.notes.emplace_back("low values are shown bright (MONOCHROME1)");
      if (voxels || series->multi_frame) {
        const auto planes = read_file_pixels(file, *series, series->multi_frame ? &series->geometry : nullptr,
                                             first ? &volume.stored.type : nullptr);
        put_planes(planes, channel, plane, shape, volume);
      }
      first = false;
      ++plane;
    }
  }
  volume.geometry = series->geometry;
  volume.header = std::make_shared<Header>(std::shared_ptr<const DicomSeries>(std::move(series)));
  return volume;
}

}  // namespace plexus
