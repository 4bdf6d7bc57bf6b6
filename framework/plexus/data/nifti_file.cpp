#include <plexus/data/nifti_file.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>

namespace plexus {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, message, path.string(), hint);
}

// The first of the files that is there; the last where none is.
std::filesystem::path existing_of(const std::filesystem::path& without_suffix, std::initializer_list<const char*> suffixes) {
  std::filesystem::path path;
  for (const char* suffix : suffixes) {
    path = without_suffix.string() + suffix;
    if (std::filesystem::exists(path)) break;
  }
  return path;
}

std::filesystem::path without_suffixes(std::filesystem::path path) {
  if (path.extension() == ".gz" || path.extension() == ".GZ") path.replace_extension();
  return path.replace_extension();
}

bool has_suffix(const std::filesystem::path& path, const char* lower, const char* upper) {
  const auto plain = path.extension() == ".gz" || path.extension() == ".GZ" ? path.stem() : path;
  return plain.extension() == lower || plain.extension() == upper;
}

std::string_view view(const at::Tensor& bytes) { return {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()}; }

// Refuses what is not one plain number a voxel.
ElementType element_type(int datatype, const std::string& where) {
  using Kind = ElementType::Kind;
  switch (datatype) {
    case 2:
      return {Kind::unsigned_integer, 1};
    case 4:
      return {Kind::signed_integer, 2};
    case 8:
      return {Kind::signed_integer, 4};
    case 16:
      return {Kind::real, 4};
    case 64:
      return {Kind::real, 8};
    case 256:
      return {Kind::signed_integer, 1};
    case 512:
      return {Kind::unsigned_integer, 2};
    case 768:
      return {Kind::unsigned_integer, 4};
    case 1024:
      return {Kind::signed_integer, 8};
    case 1280:
      return {Kind::unsigned_integer, 8};
    default:
      break;
  }
  const char* name = "complex";
  if (datatype == 1) name = "one-bit";
  if (datatype == 128) name = "RGB";
  if (datatype == 1536) name = "128-bit";
  if (datatype == 2304) name = "RGBA";
  throw Error(ErrorKind::data, fmt::format("{} voxels (data type {}) are not intensities or labels", name, datatype), where,
              "give a volume with one number a voxel");
}

int nifti_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return 2;
    case at::kShort:
      return 4;
    case at::kInt:
      return 8;
    case at::kLong:
      return 1024;
    case at::kFloat:
      return 16;
    case at::kDouble:
      return 64;
    default:
      throw std::logic_error("write_nifti_file: element type");
  }
}

template <class T>
at::Tensor scaled(const at::Tensor& values, double slope, double inter, const std::string& where) {
  auto result = values.scalar_type() == at::kFloat ? values : allocate(values.sizes(), at::kFloat, where);
  const T* from = values.const_data_ptr<T>();
  float* to = result.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) to[i] = static_cast<float>(static_cast<double>(from[i]) * slope + inter);
  return result;
}

at::Tensor scaled(const at::Tensor& values, double slope, double inter, const std::string& where) {
  switch (values.scalar_type()) {
    case at::kByte:
      return scaled<std::uint8_t>(values, slope, inter, where);
    case at::kChar:
      return scaled<std::int8_t>(values, slope, inter, where);
    case at::kShort:
      return scaled<std::int16_t>(values, slope, inter, where);
    case at::kInt:
      return scaled<std::int32_t>(values, slope, inter, where);
    case at::kLong:
      return scaled<std::int64_t>(values, slope, inter, where);
    case at::kFloat:
      return scaled<float>(values, slope, inter, where);
    default:
      return scaled<double>(values, slope, inter, where);
  }
}

}  // namespace

std::filesystem::path nifti_pair_voxels(const std::filesystem::path& header) {
  return existing_of(without_suffixes(header), {".IMG", ".img.gz", ".img"});
}

std::filesystem::path nifti_pair_header(const std::filesystem::path& voxels) {
  return existing_of(without_suffixes(voxels), {".HDR", ".hdr.gz", ".hdr"});
}

NiftiHeader read_nifti_header(const std::filesystem::path& given) {
  const auto path = has_suffix(given, ".img", ".IMG") ? nifti_pair_header(given) : given;
  if (std::filesystem::is_directory(path)) refuse(path, "is a folder, not a NIfTI file");
  std::error_code fault;
  const auto held = std::filesystem::file_size(path, fault);
  if (fault) refuse(path, path == given ? "cannot be opened" : "does not exist, and has the header of " + given.string());
  // Compressed headers may begin with a long file name and end within the first block.
  const auto front = file_bytes(path, 0, std::min<std::uint64_t>(held, 1 << 16));
  auto header = is_gzip(view(front)) ? parse_nifti_header(inflate_front(view(front), 544), path.string())
                                     : parse_nifti_header(view(front), path.string());
  const bool pair = has_suffix(path, ".hdr", ".HDR");
  if (pair != header.pair)
    refuse(path, pair ? "has the mark of a single file, not that of a pair" : "has the mark of a pair of .hdr and .img");
  return header;
}

std::vector<std::int64_t> nifti_shape(const NiftiHeader& header, const std::string& where) {
  const auto& dim = header.dim;
  std::int64_t channels = 1;
  for (std::size_t axis = 4; axis < 8; ++axis) {
    if (dim[axis] > 1 && channels > 1) {
      throw Error(ErrorKind::data,
                  fmt::format("has more than four axes: {} x {} x {} x {} x {} …", dim[1], dim[2], dim[3], dim[4], dim[5]),
                  where, "give one volume, or one with channels");
    }
    channels *= dim[axis];
  }
  return {channels, dim[3], dim[2], dim[1]};
}

std::string nifti_type_name(const NiftiHeader& header, const std::string& where) {
  return type_name(element_type(header.datatype, where));
}

bool nifti_scaled(const NiftiHeader& header) {
  const double slope = header.scl_slope, inter = header.scl_inter;
  return std::isfinite(slope) && std::isfinite(inter) && slope != 0 && (slope != 1 || inter != 0);
}

at::Tensor read_nifti_voxels(const std::filesystem::path& given, const NiftiHeader& header, std::vector<std::string>& notes) {
  const auto type = element_type(header.datatype, given.string());
  const auto shape = nifti_shape(header, given.string());
  const auto path = header.pair && !has_suffix(given, ".img", ".IMG") ? nifti_pair_voxels(given) : given;
  const auto size = static_cast<std::uint64_t>(shape[0] * shape[1] * shape[2] * shape[3] * type.bytes);
  const auto offset = static_cast<std::uint64_t>(header.vox_offset);
  std::error_code fault;
  const std::uint64_t held = std::filesystem::file_size(path, fault);
  if (fault) refuse(path, path == given ? "cannot be opened" : "does not exist, and has the voxels of " + given.string());
  at::Tensor bytes;
  if (is_gzip(view(file_bytes(path, 0, std::min<std::uint64_t>(held, 2))))) {
    bytes = inflate_gzip(view(file_bytes(path, 0, held)), offset + size, path.string());
    bytes = bytes.narrow(0, header.vox_offset, static_cast<std::int64_t>(size));
    if (offset % 8 != 0) bytes = bytes.clone();
  } else {
    bytes = file_bytes(path, offset, size);
  }
  const auto values = as_elements(bytes, type, header.swapped, path.string()).view(shape);
  if (!std::isfinite(header.scl_slope) || !std::isfinite(header.scl_inter))
    notes.emplace_back("the intensity slope is not finite and is left out");
  return nifti_scaled(header) ? scaled(values, header.scl_slope, header.scl_inter, path.string()) : values;
}

void write_nifti_file(const std::filesystem::path& path, const at::Tensor& voxels, NiftiHeader header, int level) {
  const auto values = voxels.contiguous();
  const bool several = values.dim() == 4 && values.size(0) > 1;
  header.dim = {several ? 4 : 3, values.size(-1), values.size(-2), values.size(-3), several ? values.size(0) : 1, 1, 1, 1};
  if (*std::max_element(header.dim.begin(), header.dim.end()) > 32767) header.version = 2;
  header.datatype = static_cast<std::int16_t>(nifti_type(values.scalar_type()));
  header.bitpix = static_cast<std::int16_t>(nifti_bits(header.datatype));
  header.vox_offset = header.pair ? 0 : header.version == 1 ? 352 : 544;
  header.scl_slope = 1;
  header.scl_inter = 0;
  auto bytes = encode_nifti_header(header);
  if (header.pair) {
    bytes.resize(bytes.size() - 4);
  } else {
    bytes.reserve(bytes.size() + values.nbytes());
    bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (path.extension() == ".gz" || path.extension() == ".GZ")
    write_gzip(file, bytes, level);
  else
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Error(ErrorKind::resource, "cannot be written: is the disk full?", path.string());
}

}  // namespace plexus
