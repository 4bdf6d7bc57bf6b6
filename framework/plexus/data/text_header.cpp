#include <plexus/data/text_header.hpp>

#include <algorithm>
#include <optional>
#include <string>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {
namespace {

std::uint64_t bytes_of(const std::filesystem::path& path) {
  std::error_code fault;
  const auto bytes = std::filesystem::file_size(path, fault);
  if (fault) throw Error(ErrorKind::data, "does not exist, or cannot be opened", path.string());
  return bytes;
}

std::string front_of(const std::filesystem::path& path) {
  const auto front = file_bytes(path, 0, std::min<std::uint64_t>(bytes_of(path), 1 << 16));
  return {static_cast<const char*>(front.const_data_ptr()), front.nbytes()};
}

[[noreturn]] void refuse_header(const std::filesystem::path& path, const std::string& message) {
  throw Error(ErrorKind::data, message, path.string(), "convert it to one file, .nrrd or .mha");
}

void check_axes(const std::string& text, const std::filesystem::path& path) {
  const auto axes = parse_integer(trim(text));
  if (!axes || *axes < 1 || *axes > 5) refuse_header(path, fmt::format("says that it has '{}' axes", trim(text)));
}

VoxelBytes meta_place(const std::filesystem::path& path, const std::string& text) {
  VoxelBytes place{path};
  long long header_size = 0;
  bool sized = false, typed = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    begin = end + 1;
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key(trim(line.substr(0, equals))), value(trim(line.substr(equals + 1)));
    const bool yes = value == "True" || value == "true" || value == "1";
    if (key == "NDims") check_axes(value, path);
    sized = sized || key == "DimSize";
    typed = typed || key == "ElementType";
    if (key == "CompressedData") place.compressed = yes;
    if (key == "BinaryData") place.text = !yes;
    if (key == "BinaryDataByteOrderMSB" || key == "ElementByteOrderMSB") place.big_endian = yes;
    if (key == "HeaderSize") header_size = parse_integer(value).value_or(0);
    if (key != "ElementDataFile") continue;
    if (!sized || !typed) refuse_header(path, "is no MetaImage header: it lacks the sizes or the type of its voxels");
    if (value.starts_with("LIST") || value.find('%') != std::string::npos) refuse_header(path, "has its slices in many files");
    if (value == "LOCAL" || value == "Local" || value == "local")
      place.offset = begin;
    else
      place.path = path.parent_path() / value;
    std::error_code ignored;
    if (place.offset == 0 && std::filesystem::equivalent(place.path, path, ignored)) refuse_header(path, "names itself as its voxels");
    const auto held = bytes_of(place.path);
    if (header_size > 0) place.offset = static_cast<std::uint64_t>(header_size);
    place.bytes = held - std::min(held, place.offset);
    if (header_size < 0) refuse_header(path, "counts its voxels from the end of the file");
    return place;
  }
  refuse_header(path, "is no MetaImage header: it names no data");
}

std::string nrrd_data_file(const std::filesystem::path& path, const std::string& text) {
  if (!text.starts_with("NRRD")) refuse_header(path, "is not a NRRD file");
  bool spatial = false;
  for (const auto& whole : split(text, '\n')) {
    const auto line = trim(whole);
    if (line.empty()) break;  // the data follow
    const auto colon = line.find(':');
    if (line[0] == '#' || colon == std::string_view::npos) continue;
    const auto key = line.substr(0, colon);
    const std::string value(trim(line.substr(colon + 1)));
    if (key == "dimension") check_axes(value, path);
    // Only an axis of channels has no spacing.
    if (key == "dimension" && (value == "2" || value == "3")) spatial = true;
    if (key == "spacings" && spatial && value.find("nan") != std::string::npos) refuse_header(path, "has a spacing that is no number");
    if (key != "data file" && key != "datafile") continue;
    if (value.starts_with("LIST") || value.find('%') != std::string::npos) refuse_header(path, "has its slices in many files");
    return value;
  }
  return "";
}

}  // namespace

VoxelBytes voxel_bytes(const std::filesystem::path& header) {
  const auto text = front_of(header);
  if (volume_format(header) == VolumeFormat::meta) return meta_place(header, text);
  const auto name = nrrd_data_file(header, text);
  VoxelBytes place{name.empty() ? header : header.parent_path() / name};
  place.bytes = bytes_of(place.path);
  return place;
}

at::Tensor read_meta_voxels(const VoxelBytes& place, ElementType type, std::int64_t count) {
  if (place.text) return {};
  const auto wanted = static_cast<std::uint64_t>(count * type.bytes);
  if (!place.compressed)
    return as_elements(file_bytes(place.path, place.offset, wanted), type, place.big_endian, place.path.string());
  const auto held = file_bytes(place.path, place.offset, place.bytes);
  const std::string_view packed(static_cast<const char*>(held.const_data_ptr()), held.nbytes());
  if (is_gzip(packed))
    return as_elements(inflate_gzip(packed, wanted, place.path.string()), type, place.big_endian, place.path.string());
  auto bytes = allocate({static_cast<std::int64_t>(wanted)}, at::kByte, place.path.string());
  if (!inflate_zlib(packed, bytes.mutable_data_ptr(), wanted))
    throw Error(ErrorKind::data, "cut short, or the compressed data are damaged", place.path.string(),
                "copy or download the file again");
  return as_elements(bytes, type, place.big_endian, place.path.string());
}

}  // namespace plexus
