#include <algorithm>
#include <functional>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/array_volume.hpp>
#include <plexus/data/detached.hpp>
#include <plexus/data/itk_image.hpp>
#include <plexus/data/nifti_file.hpp>
#include <plexus/data/volume.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

struct Output {
  fs::path path;
  at::Tensor voxels;  // [D, H, W] or [C, D, H, W], on the CPU
  Geometry geometry;
  bool label;
  int level;
  std::vector<std::int64_t> size() const { return {voxels.sizes().end() - 3, voxels.sizes().end()}; }
};

at::Tensor smallest_integer(const at::Tensor& label) {
  if (label.numel() == 0 || label.scalar_type() == at::kBool) return label.to(at::kByte);
  const auto low = label.min().item<std::int64_t>(), high = label.max().item<std::int64_t>();
  if (low >= 0 && high <= 255) return label.to(at::kByte);
  if (low >= -32768 && high <= 32767) return label.to(at::kShort);
  if (low >= -2147483648LL && high <= 2147483647LL) return label.to(at::kInt);
  return label.to(at::kLong);
}

double finest(const Geometry& geometry) { return *std::min_element(geometry.spacing.begin(), geometry.spacing.end()); }

// The header for an output on a grid: that of `like` where it lies there, else one made from the geometry.
NiftiHeader output_header(const Header* like, const Geometry& geometry, at::IntArrayRef size) {
  const auto* kept = like ? like->nifti() : nullptr;
  NiftiHeader header = kept ? *kept : NiftiHeader{};
  header.swapped = header.pair = false;
  if (kept) {
    std::string source;
    std::vector<std::string> notes;
    auto copy = header;
    const auto there = nifti_geometry(copy, "header", source, notes, true);
    if (there.known == geometry.known && corner_distance(there, geometry, size) <= 1e-3 * finest(geometry)) return copy;
  }
  set_nifti_geometry(header, geometry);
  return header;
}

// Writes, reads the header back and compares, before the file takes its name.
void write_checked(const Output& output, bool keeps_geometry, const std::function<void(const fs::path&)>& writer) {
  const auto size = output.size();
  const auto& geometry = output.geometry;
  write_atomically(output.path, [&](const fs::path& part) {
    writer(part);
    std::vector<std::int64_t> shape;
    const auto back = read_volume_geometry(part, shape);
    const bool same_size = std::equal(size.begin(), size.end(), shape.begin() + 1);
    const bool same_place = !geometry.known || !back.geometry.known || !keeps_geometry ||
                            corner_distance(back.geometry, geometry, size) <= 1e-2 * finest(geometry);
    if (!same_size || !same_place)
      throw Error(ErrorKind::internal, "was written with another geometry than asked for", output.path.string());
  });
}

void write_nifti(const Output& output, const Header* like, bool pair) {
  auto header = output_header(like, output.geometry, output.size());
  header.pair = pair;
  header.intent_code = output.label ? 1002 : 0;  // NIFTI_INTENT_LABEL
  header.intent_name.clear();
  header.intent_p1 = header.intent_p2 = header.intent_p3 = 0;
  header.cal_min = header.cal_max = 0;
  auto target = output;
  if (pair) {
    // Without its header a .img is nothing: one that is replaced goes first, so that no header ever has another's voxels.
    const auto voxels_path = nifti_pair_voxels(output.path);
    if (!is_volume_file(output.path)) target.path = nifti_pair_header(output.path);  // named by its .img
    fs::remove(target.path);
    const auto values = output.voxels.contiguous();
    const std::string_view bytes(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    if (voxels_path.extension() == ".gz") fs::remove(voxels_path);
    auto plain = voxels_path;
    if (plain.extension() == ".gz") plain.replace_extension();
    write_file(plain, bytes);
  }
  write_checked(target, true, [&](const fs::path& part) { write_nifti_file(part, output.voxels, header, output.level); });
}

// A header without voxels would be another file's: the old one goes first, the voxels come next, the header last.
void write_detached(const Output& output, const at::Tensor& voxels) {
  const auto data = detached_voxels(output.path);
  fs::remove(output.path);
  write_detached_voxels(data, voxels, output.level);
  write_checked(output, true, [&](const fs::path& part) { write_detached_header(part, voxels, output.geometry, data); });
}

void write(Output output, const Header* like) {
  switch (volume_format(output.path)) {
    case VolumeFormat::nifti:
      return write_nifti(output, like, false);
    case VolumeFormat::nifti_pair:
      return write_nifti(output, like, true);
    case VolumeFormat::nrrd:
    case VolumeFormat::meta:
    case VolumeFormat::picture: {
      const auto channels = output.voxels.dim() == 3 ? output.voxels.unsqueeze(0) : output.voxels;
      if (is_detached(output.path)) return write_detached(output, channels);
      check_itk_writable(output.path, channels, output.label);
      return write_checked(output, volume_format(output.path) != VolumeFormat::picture, [&](const fs::path& part) {
        write_itk(part, channels, output.geometry, std::min(output.level, 9));
      });
    }
    case VolumeFormat::h5:
      return write_checked(output, true, [&](const fs::path& part) {
        write_h5_volume(part, output.voxels, output.geometry, output.label, output.path.filename().string());
      });
    case VolumeFormat::npy:
    case VolumeFormat::npz:
      return write_checked(output, volume_format(output.path) == VolumeFormat::npz, [&](const fs::path& part) {
        write_array_volume(part, output.voxels, output.geometry, output.label);
      });
    case VolumeFormat::dicom:
      throw Error(ErrorKind::data, "volumes are not written as DICOM images", output.path.string(),
                  "labels of a DICOM series can be written as DICOM-SEG: predict --format dicom-seg");
    default:
      throw Error(ErrorKind::data, "no volume format has this suffix", output.path.string(), volume_formats_text());
  }
}

}  // namespace

std::vector<fs::path> written_files(const fs::path& path) {
  if (is_detached(path)) return {path, detached_voxels(path)};
  if (volume_format(path) != VolumeFormat::nifti_pair) return {path};
  auto other = is_volume_file(path) ? nifti_pair_voxels(path) : nifti_pair_header(path);
  if (other.extension() == ".gz") other.replace_extension();
  return {path, other};
}

void write_label(const fs::path& path, const at::Tensor& label, const Geometry& geometry, const Header* like,
                 const WriteOptions& options) {
  if (label.dim() != 3 || label.is_floating_point()) throw std::logic_error("write_label takes integers [D, H, W]");
  write({path, smallest_integer(label.to(at::kCPU)), geometry, true, options.level > 0 ? options.level : 4}, like);
}

void write_image(const fs::path& path, const at::Tensor& image, const Geometry& geometry, const Header* like,
                 const WriteOptions& options) {
  if (image.dim() != 3 && image.dim() != 4) throw std::logic_error("write_image takes [D, H, W] or [C, D, H, W]");
  auto values = image.detach().to(at::kCPU);
  if (values.is_floating_point())
    values = values.to(at::kFloat);
  else if (values.scalar_type() == at::kBool || values.scalar_type() == at::kChar)
    values = values.to(at::kShort);
  write({path, values, geometry, false, options.level > 0 ? options.level : 1}, like);
}

}  // namespace plexus
