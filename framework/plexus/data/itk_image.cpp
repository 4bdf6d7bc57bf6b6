#include <plexus/data/itk_image.hpp>

#include <plexus/data/itk_compiler.hpp>

#include <algorithm>
#include <cctype>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <itkMetaImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

std::string suffix(const std::filesystem::path& path) {
  auto text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

itk::ImageIOBase::Pointer image_io(const std::filesystem::path& path) {
  const auto kind = suffix(path);
  itk::ImageIOBase::Pointer io;
  if (kind == ".nrrd" || kind == ".nhdr") io = itk::NrrdImageIO::New();
  if (kind == ".mha" || kind == ".mhd") io = itk::MetaImageIO::New();
  if (kind == ".png") io = itk::PNGImageIO::New();
  if (!io)
    throw Error(ErrorKind::data, fmt::format("no reader for '{}'", kind), path.string(),
                "formats: .nii .nii.gz .nrrd .nhdr .mha .mhd .png");
  io->SetFileName(path.string());
  return io;
}

template <class Work>
void guarded(const std::filesystem::path& path, Work&& work) {
  try {
    work();
  } catch (const itk::ExceptionObject& error) {
    std::string text = error.GetDescription();
    text.erase(0, text.find_first_not_of(" \n"));
    throw Error(ErrorKind::data, fmt::format("cannot be read or written: {}", text.substr(0, text.find('\n'))), path.string());
  }
}

// LibTorch's type of the stored elements, and the one to calculate with.
struct Types {
  at::ScalarType stored, used;
};
Types types(const itk::ImageIOBase& io, const std::filesystem::path& path) {
  using Component = itk::IOComponentEnum;
  switch (io.GetComponentType()) {
    case Component::UCHAR:
      return {at::kByte, at::kByte};
    case Component::CHAR:
      return {at::kChar, at::kChar};
    case Component::SHORT:
      return {at::kShort, at::kShort};
    case Component::USHORT:
      return {at::kUInt16, at::kInt};
    case Component::INT:
      return {at::kInt, at::kInt};
    case Component::UINT:
      return {at::kUInt32, at::kLong};
    case Component::LONG:
    case Component::LONGLONG:
      return {at::kLong, at::kLong};
    case Component::FLOAT:
      return {at::kFloat, at::kFloat};
    case Component::DOUBLE:
      return {at::kDouble, at::kDouble};
    default:
      break;
  }
  throw Error(
      ErrorKind::data,
      fmt::format("elements of type {} cannot be read", itk::ImageIOBase::GetComponentTypeAsString(io.GetComponentType())),
      path.string());
}

Geometry geometry_of(const itk::ImageIOBase& io) {
  Geometry geometry;
  geometry.known = suffix(io.GetFileName()) != ".png";
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

}  // namespace

Volume read_itk(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape) {
  if (!std::filesystem::exists(path)) throw Error(ErrorKind::data, "does not exist", path.string());
  const auto io = image_io(path);
  Volume volume;
  guarded(path, [&] {
    if (!io->CanReadFile(path.c_str())) throw Error(ErrorKind::data, "is not what its suffix says, or damaged", path.string());
    io->ReadImageInformation();
    if (io->GetPixelType() == itk::IOPixelEnum::RGBA)
      throw Error(ErrorKind::data, "RGBA pixels are not intensities or labels", path.string(),
                  "give an image without transparency");
    const auto axes = io->GetNumberOfDimensions();
    const auto kind = types(*io, path);
    std::vector<std::int64_t> size;  // slowest first, components last as ITK interleaves them
    itk::ImageIORegion region(axes);
    for (unsigned axis = 0; axis < axes; ++axis) {
      size.insert(size.begin(), static_cast<std::int64_t>(io->GetDimensions(axis)));
      region.SetSize(axis, io->GetDimensions(axis));
    }
    if (axes > 4)
      throw Error(ErrorKind::data, fmt::format("has {} axes", axes), path.string(), "give one volume, or one with channels");
    while (size.size() < 4) size.insert(size.begin(), 1);
    const std::int64_t parts = io->GetNumberOfComponents();
    if (parts > 1 && size[0] > 1)
      throw Error(ErrorKind::data, "has a fourth axis and several components a voxel", path.string());
    volume.geometry = geometry_of(*io);
    shape = size;
    if (parts > 1) shape[0] = parts;
    if (!voxels) return;
    size.push_back(parts);
    auto data = at::empty(size, kind.stored);
    if (static_cast<std::int64_t>(io->GetImageSizeInBytes()) != static_cast<std::int64_t>(data.nbytes()))
      throw Error(ErrorKind::data, "its sizes contradict each other", path.string());
    io->SetIORegion(region);
    io->Read(data.data_ptr());
    data = parts > 1 ? data.squeeze(0).permute({3, 0, 1, 2}) : data.squeeze(-1);
    volume.data = data.to(kind.used).contiguous();
  });
  return volume;
}

void write_itk(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry) {
  const auto io = image_io(path);
  const bool picture = suffix(path) == ".png";
  if (picture && (voxels.size(0) != 1 || voxels.size(1) != 1 || voxels.scalar_type() != at::kByte))
    throw Error(ErrorKind::data, "a PNG holds one plane of 8-bit values", path.string(),
                "write .nii.gz, .nrrd or .mha instead");
  if (voxels.size(0) != 1) throw Error(ErrorKind::data, "channels are written as NIfTI only", path.string());
  using Component = itk::IOComponentEnum;
  const auto type = voxels.scalar_type();
  const auto values = voxels.contiguous();
  guarded(path, [&] {
    const unsigned axes = picture ? 2 : 3;
    io->SetNumberOfDimensions(axes);
    itk::ImageIORegion region(axes);
    for (unsigned axis = 0; axis < axes; ++axis) {
      const auto size = static_cast<std::size_t>(values.size(3 - static_cast<std::int64_t>(axis)));
      io->SetDimensions(axis, size);
      region.SetSize(axis, size);
      io->SetSpacing(axis, geometry.spacing[axis]);
      io->SetOrigin(axis, geometry.origin[axis]);
      std::vector<double> direction(axes);
      for (unsigned row = 0; row < axes; ++row) direction[row] = geometry.direction[3 * row + axis];
      io->SetDirection(axis, direction);
    }
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    io->SetComponentType(type == at::kByte    ? Component::UCHAR
                         : type == at::kShort ? Component::SHORT
                         : type == at::kInt   ? Component::INT
                         : type == at::kLong  ? Component::LONG
                         : type == at::kFloat ? Component::FLOAT
                                              : Component::DOUBLE);
    io->SetIORegion(region);
    io->SetUseCompression(true);
    io->Write(values.const_data_ptr());
  });
}

}  // namespace plexus
