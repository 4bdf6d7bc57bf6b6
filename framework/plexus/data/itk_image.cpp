#include <plexus/data/itk_image.hpp>

#include <plexus/data/itk_io.hpp>

#include <algorithm>
#include <cctype>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <itkBMPImageIO.h>
#include <itkJPEGImageIO.h>
#include <itkMetaImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>
#include <itkTIFFImageIO.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/picture_read.hpp>
#include <plexus/data/text_header.hpp>

namespace plexus {
namespace {

std::string lower_suffix(const std::filesystem::path& path) {
  auto text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_picture(const std::filesystem::path& path) { return volume_format(path) == VolumeFormat::picture; }

struct ItkReader {
  itk::ImageIOBase::Pointer io;
  const char* format;
};

ItkReader reader_for(const std::filesystem::path& path) {
  const auto kind = lower_suffix(path);
  ItkReader reader{nullptr, ""};
  if (kind == ".nrrd" || kind == ".nhdr") reader = {itk::NrrdImageIO::New().GetPointer(), "NRRD"};
  if (kind == ".mha" || kind == ".mhd") reader = {itk::MetaImageIO::New().GetPointer(), "MetaImage"};
  if (kind == ".png") reader = {itk::PNGImageIO::New().GetPointer(), "PNG"};
  if (kind == ".jpg" || kind == ".jpeg") reader = {itk::JPEGImageIO::New().GetPointer(), "JPEG"};
  if (kind == ".tif" || kind == ".tiff") reader = {itk::TIFFImageIO::New().GetPointer(), "TIFF"};
  if (kind == ".bmp") reader = {itk::BMPImageIO::New().GetPointer(), "BMP"};
  if (!reader.io) throw Error(ErrorKind::data, fmt::format("no reader for '{}'", kind), path.string(), volume_formats_text());
  reader.io->SetFileName(path.string());
  return reader;
}

Geometry geometry_of(const itk::ImageIOBase& io) {
  Geometry geometry;
  geometry.known = !is_picture(io.GetFileName());
  if (!geometry.known) return geometry;
  const auto axes = std::min<unsigned>(3, io.GetNumberOfDimensions());
  for (unsigned axis = 0; axis < axes; ++axis) {
    geometry.spacing[axis] = io.GetSpacing(axis);
    geometry.origin[axis] = io.GetOrigin(axis);
    const auto direction = io.GetDirection(axis);
    for (unsigned row = 0; row < axes; ++row) geometry.direction[3 * row + axis] = direction[row];
  }
  return geometry;
}

// Sizes, slowest axis first, of which the file must be able to hold the voxels.
std::vector<std::int64_t> checked_size(const itk::ImageIOBase& io, const std::filesystem::path& path, std::uint64_t held) {
  const auto axes = io.GetNumberOfDimensions();
  if (axes < 1 || axes > 4)
    throw Error(ErrorKind::data, fmt::format("has {} axes", axes), path.string(), "give one volume, or one with channels");
  std::vector<std::int64_t> size;
  double bytes = io.GetComponentSize() * static_cast<double>(io.GetNumberOfComponents());
  for (unsigned axis = 0; axis < axes; ++axis) {
    size.insert(size.begin(), static_cast<std::int64_t>(io.GetDimensions(axis)));
    bytes *= static_cast<double>(io.GetDimensions(axis));
    if (size.front() < 1)
      throw Error(ErrorKind::data, fmt::format("axis {} has the size {}", axis + 1, size.front()), path.string());
  }
  if (bytes > static_cast<double>(most_inflated(held))) {
    throw Error(
        ErrorKind::data,
        fmt::format("cut short, or damaged: its header promises {:.3g} bytes, the file has {}", bytes, human_bytes(held)),
        path.string(), "copy or download the file again");
  }
  return size;
}

// ITK's readers of these fail in worse ways on files of another kind.
void check_mark(const std::filesystem::path& path, const std::string& kind) {
  const auto bytes = file_bytes(path, 0, std::min<std::uint64_t>(std::filesystem::file_size(path), 64));
  const std::string_view front(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes());
  const bool marked = kind == ".bmp"
                          ? front.starts_with("BM") && front.size() > 54
                          : front.starts_with(std::string_view("II*\0", 4)) || front.starts_with(std::string_view("MM\0*", 4));
  if (!marked) throw Error(ErrorKind::data, "is not what its suffix says, or damaged", path.string());
}

// A .bmp of up to 256 colours that are all grey.
bool has_grey_palette(const std::filesystem::path& path) {
  const auto held = file_bytes(path, 0, std::min<std::uint64_t>(std::filesystem::file_size(path), 2048));
  const auto* bytes = held.const_data_ptr<std::uint8_t>();
  const auto number = [&](std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= static_cast<std::uint64_t>(bytes[at + i]) << (8 * i);
    return value;
  };
  if (held.nbytes() < 54 || number(28, 2) > 8) return false;
  const std::uint64_t palette = 14 + number(14, 4), told = number(46, 4);
  const std::uint64_t colours = told > 0 ? told : std::uint64_t{1} << number(28, 2);
  if (colours > 256 || palette + 4 * colours > held.nbytes()) return false;
  for (std::uint64_t at = palette; at < palette + 4 * colours; at += 4)
    if (bytes[at] != bytes[at + 1] || bytes[at] != bytes[at + 2]) return false;
  return true;
}

// [C, D, H, W] of [C, D, H, W, parts], of whose sizes C or parts is 1.
at::Tensor channels_first(const at::Tensor& data, std::int64_t parts) {
  return (parts > 1 ? data.squeeze(0).permute({3, 0, 1, 2}) : data.squeeze(-1)).contiguous();
}

}  // namespace

Volume read_itk(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape) {
  const auto place = is_picture(path) ? VoxelBytes{path, 0, std::filesystem::file_size(path)} : voxel_bytes(path);
  const auto kind_of_file = lower_suffix(path);
  const auto own = kind_of_file == ".png" ? "PNG" : kind_of_file == ".gif" ? "GIF" : kind_of_file.starts_with(".jp") ? "JPEG" : "";
  if (own[0] != '\0') {
    Volume volume;
    volume.data = own[0] == 'P' ? read_png(path, voxels) : own[0] == 'G' ? read_gif(path, voxels) : read_jpeg(path, voxels);
    volume.stored.format = own;
    volume.stored.type = volume.data.scalar_type() == at::kByte ? "uint8" : "uint16";
    shape = volume.data.sizes().vec();
    return volume;
  }
  if (is_picture(path)) check_mark(path, kind_of_file);
  const auto [io, format] = reader_for(path);
  Volume volume;
  itk_io::guarded(path, [&, io = io.GetPointer(), format = format] {
    // ITK's MetaImage reader knows lower-case suffixes only; its header was looked into above.
    const bool known = is_picture(path) || (volume_format(path) == VolumeFormat::meta && path.extension() != kind_of_file);
    if (!known && !io->CanReadFile(path.c_str()))
      throw Error(ErrorKind::data, "is not what its suffix says, or damaged", path.string());
    io->ReadImageInformation();
    const auto parts = static_cast<std::int64_t>(io->GetNumberOfComponents());
    if (io->GetPixelType() == itk::IOPixelEnum::RGBA || (is_picture(path) && parts != 1 && parts != 3))
      throw Error(ErrorKind::data, "RGBA pixels are not intensities or labels", path.string(),
                  "give an image without transparency");
    const auto kind = itk_io::types(*io, path);
    auto size = checked_size(*io, path, place.bytes);
    itk::ImageIORegion region(io->GetNumberOfDimensions());
    for (unsigned axis = 0; axis < io->GetNumberOfDimensions(); ++axis) region.SetSize(axis, io->GetDimensions(axis));
    while (size.size() < 4) size.insert(size.begin(), 1);
    if (parts > 1 && size[0] > 1)
      throw Error(ErrorKind::data, "has a fourth axis and several components a voxel", path.string());
    volume.geometry = geometry_of(*io);
    volume.stored.format = format;
    volume.stored.type = kind.name;
    shape = size;
    const bool grey = parts == 3 && kind_of_file == ".bmp" && has_grey_palette(path);
    if (parts > 1) shape[0] = grey ? 1 : parts;
    if (!voxels) return;
    size.push_back(parts);
    if (volume_format(path) == VolumeFormat::meta) {
      const auto plain = read_meta_voxels(place, kind.element, shape[0] * shape[1] * shape[2] * shape[3]);
      if (plain.defined()) {
        volume.data = channels_first(plain.view(size), parts);
        return;
      }
    }
    auto data = allocate(size, kind.stored, path.string());
    if (static_cast<std::int64_t>(io->GetImageSizeInBytes()) != static_cast<std::int64_t>(data.nbytes()))
      throw Error(ErrorKind::data, "its sizes contradict each other", path.string());
    io->SetIORegion(region);
    io->Read(data.data_ptr());
    volume.data = channels_first(data, parts).to(kind.used);
    if (grey) volume.data = volume.data.narrow(0, 0, 1).contiguous();
  });
  return volume;
}

void check_itk_writable(const std::filesystem::path& path, const at::Tensor& voxels, bool label) {
  const auto kind = lower_suffix(path);
  if (!is_picture(path)) return;
  if (kind == ".gif") throw Error(ErrorKind::data, "GIF is read, not written", path.string(), "write .png instead");
  if (label && (kind == ".jpg" || kind == ".jpeg"))
    throw Error(ErrorKind::data, "JPEG changes values, so it holds no labels", path.string(), "write .png instead");
  if ((voxels.size(0) != 1 && voxels.size(0) != 3) || voxels.size(1) != 1 || voxels.scalar_type() != at::kByte)
    throw Error(ErrorKind::data, fmt::format("a {} holds one plane of 8-bit values", reader_for(path).format), path.string(),
                "write .nii.gz, .nrrd or .mha instead");
}

void write_itk(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, int level) {
  const auto io = reader_for(path).io;
  const bool picture = is_picture(path);
  const auto channels = voxels.size(0);
  // Colours lie side by side, other channels are a fourth axis.
  const auto values = picture ? voxels.permute({1, 2, 3, 0}).contiguous() : voxels.contiguous();
  itk_io::guarded(path, [&] {
    const unsigned axes = picture ? 2 : channels > 1 ? 4 : 3;
    io->SetNumberOfDimensions(axes);
    itk::ImageIORegion region(axes);
    for (unsigned axis = 0; axis < axes; ++axis) {
      const auto size = static_cast<std::size_t>(voxels.size(3 - static_cast<std::int64_t>(axis)));
      io->SetDimensions(axis, size);
      region.SetSize(axis, size);
      io->SetSpacing(axis, axis < 3 ? geometry.spacing[axis] : 1);
      io->SetOrigin(axis, axis < 3 ? geometry.origin[axis] : 0);
      std::vector<double> direction(axes, 0);
      for (unsigned row = 0; row < std::min(3u, axes); ++row)
        direction[row] = axis < 3 ? geometry.direction[3 * row + axis] : 0;
      if (axis == 3) direction[3] = 1;
      io->SetDirection(axis, direction);
    }
    io->SetPixelType(picture && channels == 3 ? itk::IOPixelEnum::RGB : itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(picture ? static_cast<unsigned>(channels) : 1);
    io->SetComponentType(itk_io::component(values.scalar_type()));
    io->SetIORegion(region);
    io->SetUseCompression(true);
    if (!picture) io->SetCompressionLevel(level);
    io->Write(values.const_data_ptr());
  });
}

}  // namespace plexus
