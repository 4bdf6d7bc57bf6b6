#include <plexus/data/nifti_file.hpp>

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/elements.hpp>

namespace plexus {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, message, path.string(), hint);
}

bool is_gzip(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, "cannot be opened");
  char magic[2] = {0, 0};
  file.read(magic, 2);
  return magic[0] == '\x1f' && magic[1] == '\x8b';
}

// zlib takes any count of members, and plain files as they are.
class GzipFile {
 public:
  explicit GzipFile(const std::filesystem::path& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (!file_) refuse(path, "cannot be opened");
    gzbuffer(file_, 1 << 18);
  }
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile() { gzclose(file_); }

  // Bytes read, fewer than asked for at the end of the file.
  std::size_t read(void* target, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
      const auto part = static_cast<unsigned>(std::min<std::size_t>(bytes - done, 1u << 30));
      const int got = gzread(file_, static_cast<char*>(target) + done, part);
      int code = Z_OK;
      gzerror(file_, &code);
      if (got < 0 || (code != Z_OK && code != Z_BUF_ERROR)) refuse(path_, "the compressed data are damaged");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  std::filesystem::path path_;
  gzFile file_;
};

// The file's first `bytes.numel()` bytes, decompressed.
void read_front(const std::filesystem::path& path, bool gzip, at::Tensor& bytes) {
  const auto wanted = static_cast<std::size_t>(bytes.numel());
  if (gzip) {
    const auto packed = read_file(path);
    auto* inflater = libdeflate_alloc_decompressor();
    std::size_t got = 0;
    const auto result = libdeflate_gzip_decompress(inflater, packed.data(), packed.size(), bytes.data_ptr(), wanted, &got);
    libdeflate_free_decompressor(inflater);
    if (result == LIBDEFLATE_SUCCESS && got == wanted) return;
    // Several members, bytes behind the voxels, or damage: the slower reader tells which.
  }
  GzipFile stream(path);
  const auto got = stream.read(bytes.data_ptr(), wanted);
  if (got < wanted)
    refuse(path, fmt::format("cut short: {} of {} bytes are there", got, wanted), "copy or download the file again");
}

// Refuses what is not one plain number a voxel.
ElementType element_type(int datatype, const std::filesystem::path& path) {
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
  refuse(path, fmt::format("{} voxels (data type {}) are not intensities or labels", name, datatype),
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

}  // namespace

NiftiHeader read_nifti_header(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) refuse(path, "is a folder, not a NIfTI file");
  GzipFile stream(path);
  std::string front(544, '\0');
  front.resize(stream.read(front.data(), front.size()));
  return parse_nifti_header(front, path.string());
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

at::Tensor read_nifti_voxels(const std::filesystem::path& path, const NiftiHeader& header, std::vector<std::string>& notes) {
  const auto type = element_type(header.datatype, path);
  const auto shape = nifti_shape(header, path.string());
  const std::int64_t size = shape[0] * shape[1] * shape[2] * shape[3] * type.bytes, total = header.vox_offset + size;
  const bool gzip = is_gzip(path);
  const auto held = std::filesystem::file_size(path);
  // Deflate packs at most 1032 to 1: sizes beyond that are refused before memory is asked for.
  if (static_cast<double>(total) > (gzip ? 1040 * static_cast<double>(held) + 65536 : static_cast<double>(held))) {
    refuse(path,
           fmt::format("cut short: the header promises {}, the file has {}", human_bytes(static_cast<std::uint64_t>(total)),
                       human_bytes(held)),
           "copy or download the file again");
  }
  auto bytes = allocate({total}, at::kByte, path.string());
  read_front(path, gzip, bytes);
  bytes = bytes.narrow(0, header.vox_offset, size);
  if (header.vox_offset % 8 != 0) bytes = bytes.clone();
  auto values = as_elements(bytes, type, header.swapped, path.string()).view(shape);
  const double slope = header.scl_slope, inter = header.scl_inter;
  if (!std::isfinite(slope) || !std::isfinite(inter)) {
    notes.emplace_back("the intensity slope is not finite and is left out");
  } else if (slope != 0 && (slope != 1 || inter != 0)) {
    values = values.to(at::kDouble).mul_(slope).add_(inter).to(at::kFloat);
  }
  return values;
}

void write_nifti_file(const std::filesystem::path& path, const at::Tensor& voxels, NiftiHeader header) {
  const auto values = voxels.contiguous();
  const bool several = values.dim() == 4 && values.size(0) > 1;
  header.dim = {several ? 4 : 3, values.size(-1), values.size(-2), values.size(-3), several ? values.size(0) : 1, 1, 1, 1};
  if (*std::max_element(header.dim.begin(), header.dim.end()) > 32767) header.version = 2;
  header.datatype = static_cast<std::int16_t>(nifti_type(values.scalar_type()));
  header.bitpix = static_cast<std::int16_t>(nifti_bits(header.datatype));
  header.vox_offset = header.version == 1 ? 352 : 544;
  header.scl_slope = 1;
  header.scl_inter = 0;
  auto bytes = encode_nifti_header(header);
  bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  if (path.extension() == ".gz") {
    auto* deflater = libdeflate_alloc_compressor(6);
    std::string packed(libdeflate_gzip_compress_bound(deflater, bytes.size()), '\0');
    packed.resize(libdeflate_gzip_compress(deflater, bytes.data(), bytes.size(), packed.data(), packed.size()));
    libdeflate_free_compressor(deflater);
    bytes.swap(packed);
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Error(ErrorKind::resource, "cannot be written: is the disk full?", path.string());
}

}  // namespace plexus
