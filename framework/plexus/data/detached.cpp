#include <plexus/data/detached.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {
namespace {

struct TypeNames {
  const char *nrrd, *meta;
};

TypeNames names_of_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return {"uint8", "MET_UCHAR"};
    case at::kShort:
      return {"int16", "MET_SHORT"};
    case at::kInt:
      return {"int32", "MET_INT"};
    case at::kLong:
      return {"int64", "MET_LONG_LONG"};
    case at::kFloat:
      return {"float", "MET_FLOAT"};
    default:
      throw std::logic_error("write_detached_header: type of the voxels");
  }
}

bool is_nrrd(const std::filesystem::path& path) { return volume_format(path) == VolumeFormat::nrrd; }

// Vectors of three: one for each spatial axis in turn.
std::string axis_vector(const Geometry& geometry, std::size_t axis, double length) {
  const auto at = [&](std::size_t row) { return geometry.direction[3 * row + axis] * length + 0.0; };  // no "-0"
  return fmt::format("({:.17g},{:.17g},{:.17g})", at(0), at(1), at(2));
}

std::string nrrd_header(const at::Tensor& voxels, const Geometry& geometry, const std::string& data) {
  const bool several = voxels.size(0) > 1;
  const auto& origin = geometry.origin;
  std::string text = "NRRD0004\n# Complete NRRD file format specification at:\n# http://teem.sourceforge.net/nrrd/format.html\n";
  text += fmt::format("type: {}\ndimension: {}\nspace: left-posterior-superior\n", names_of_type(voxels.scalar_type()).nrrd,
                      several ? 4 : 3);
  text += fmt::format("sizes: {} {} {}{}\n", voxels.size(3), voxels.size(2), voxels.size(1),
                      several ? fmt::format(" {}", voxels.size(0)) : "");
  text += "space directions:";
  for (std::size_t axis = 0; axis < 3; ++axis) text += " " + axis_vector(geometry, axis, geometry.spacing[axis]);
  text += several ? " none\nkinds: domain domain domain list\n" : "\nkinds: domain domain domain\n";
  text += fmt::format("endian: little\nencoding: gzip\nspace origin: ({:.17g},{:.17g},{:.17g})\ndata file: {}\n", origin[0],
                      origin[1], origin[2], data);
  return text;
}

std::string meta_header(const at::Tensor& voxels, const Geometry& geometry, const std::string& data) {
  const bool several = voxels.size(0) > 1;
  std::string matrix, offset, spacing, center;
  const std::size_t axes = several ? 4 : 3;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    for (std::size_t row = 0; row < axes; ++row) {
      const bool spatial = axis < 3 && row < 3;
      matrix += fmt::format(" {:.17g}", spatial ? geometry.direction[3 * row + axis] + 0.0 : axis == row ? 1.0 : 0.0);
    }
    offset += fmt::format(" {:.17g}", axis < 3 ? geometry.origin[axis] : 0.0);
    spacing += fmt::format(" {:.17g}", axis < 3 ? geometry.spacing[axis] : 1.0);
    center += " 0";
  }
  std::string text = fmt::format("ObjectType = Image\nNDims = {}\nBinaryData = True\nBinaryDataByteOrderMSB = False\n", axes);
  text += "CompressedData = False\nTransformMatrix =" + matrix + "\nOffset =" + offset + "\nCenterOfRotation =" + center;
  text += "\nElementSpacing =" + spacing;
  text += fmt::format("\nDimSize = {} {} {}{}\nElementType = {}\nElementDataFile = {}\n", voxels.size(3), voxels.size(2),
                      voxels.size(1), several ? fmt::format(" {}", voxels.size(0)) : "",
                      names_of_type(voxels.scalar_type()).meta, data);
  return text;
}

}  // namespace

bool is_detached(const std::filesystem::path& path) {
  auto suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return suffix == ".nhdr" || suffix == ".mhd";
}

std::filesystem::path detached_voxels(const std::filesystem::path& header) {
  auto path = header;
  return path.replace_extension(is_nrrd(header) ? ".raw.gz" : ".raw");
}

void write_detached_voxels(const std::filesystem::path& path, const at::Tensor& voxels, int level) {
  const auto values = voxels.contiguous();
  const std::string_view bytes(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  if (path.extension() != ".gz") return write_file(path, bytes);
  write_atomically(path, [&](const std::filesystem::path& part) {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    write_gzip(file, bytes, level);
    file.close();
    if (!file) throw Error(ErrorKind::resource, "cannot be written: is the disk full?", path.string());
  });
}

void write_detached_header(const std::filesystem::path& header, const at::Tensor& voxels, const Geometry& geometry,
                           const std::filesystem::path& data) {
  const auto name = data.filename().string();
  write_file(header, is_nrrd(header) ? nrrd_header(voxels, geometry, name) : meta_header(voxels, geometry, name));
}

}  // namespace plexus
