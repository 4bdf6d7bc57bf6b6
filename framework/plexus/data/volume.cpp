#include <plexus/data/volume.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/itk_image.hpp>
#include <plexus/data/nifti_file.hpp>

namespace plexus {
namespace {

constexpr std::array suffixes{".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".png"};

// The volume suffix that a file's name ends with, lower case; "" where it has none.
std::string volume_suffix(const std::filesystem::path& path) {
  auto name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string suffix : suffixes)
    if (name.size() > suffix.size() && name.ends_with(suffix)) return suffix;
  return "";
}

bool is_nifti(const std::filesystem::path& path) { return volume_suffix(path).starts_with(".nii"); }

void check_path(const std::filesystem::path& path) {
  if (volume_suffix(path).empty()) {
    throw Error(ErrorKind::data, "is not a volume by its name", path.string(),
                "formats: .nii .nii.gz .nrrd .nhdr .mha .mhd .png");
  }
  if (!std::filesystem::exists(path)) throw Error(ErrorKind::data, "does not exist", path.string());
}

Volume read(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape) {
  check_path(path);
  if (!is_nifti(path)) return read_itk(path, voxels, shape);
  Volume volume;
  auto header = read_nifti_header(path);
  std::string source;
  shape = nifti_shape(header, path.string());
  if (voxels) volume.data = read_nifti_voxels(path, header, volume.notes);
  volume.geometry = nifti_geometry(header, path.string(), source, volume.notes);
  volume.notes.push_back("grid from the " + source);
  volume.header = std::make_shared<Header>(std::move(header));
  return volume;
}

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
  NiftiHeader header = like ? like->nifti() : NiftiHeader{};
  header.swapped = false;
  if (like) {
    std::string source;
    std::vector<std::string> notes;
    auto copy = header;
    const auto there = nifti_geometry(copy, "header", source, notes);
    if (there.known == geometry.known && corner_distance(there, geometry, size) <= 1e-3 * finest(geometry)) return copy;
  }
  set_nifti_geometry(header, geometry);
  return header;
}

// Writes, reads the header back and compares, before the file takes its name.
void write_checked(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry,
                   const std::function<void(const std::filesystem::path&)>& writer) {
  const std::vector<std::int64_t> size(voxels.sizes().end() - 3, voxels.sizes().end());
  write_atomically(path, [&](const std::filesystem::path& part) {
    writer(part);
    std::vector<std::int64_t> shape;
    const auto back = read(part, false, shape);
    const bool same_size = std::equal(size.begin(), size.end(), shape.begin() + 1);
    const bool same_place =
        !geometry.known || !back.geometry.known || corner_distance(back.geometry, geometry, size) <= 1e-2 * finest(geometry);
    if (!same_size || !same_place)
      throw Error(ErrorKind::internal, "was written with another geometry than asked for", path.string());
  });
}

void write(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, const Header* like,
           bool label) {
  if (volume_suffix(path).empty()) {
    throw Error(ErrorKind::data, "no volume format has this suffix", path.string(), "formats: .nii .nii.gz .nrrd .mha .png");
  }
  if (!is_nifti(path)) {
    const auto channels = voxels.dim() == 3 ? voxels.unsqueeze(0) : voxels;
    write_checked(path, voxels, geometry, [&](const std::filesystem::path& part) { write_itk(part, channels, geometry); });
    return;
  }
  auto header = output_header(like, geometry, voxels.sizes().slice(voxels.dim() - 3));
  header.intent_code = label ? 1002 : 0;  // NIFTI_INTENT_LABEL
  header.intent_name.clear();
  header.intent_p1 = header.intent_p2 = header.intent_p3 = 0;
  header.cal_min = header.cal_max = 0;
  write_checked(path, voxels, geometry, [&](const std::filesystem::path& part) { write_nifti_file(part, voxels, header); });
}

}  // namespace

Volume read_volume(const std::filesystem::path& path) {
  std::vector<std::int64_t> shape;
  return read(path, true, shape);
}

Volume read_volume_geometry(const std::filesystem::path& path, std::vector<std::int64_t>& shape) {
  return read(path, false, shape);
}

void write_label(const std::filesystem::path& path, const at::Tensor& label, const Geometry& geometry, const Header* like) {
  if (label.dim() != 3 || label.is_floating_point()) throw std::logic_error("write_label takes integers [D, H, W]");
  write(path, smallest_integer(label.to(at::kCPU)), geometry, like, true);
}

void write_image(const std::filesystem::path& path, const at::Tensor& image, const Geometry& geometry, const Header* like) {
  if (image.dim() != 3 && image.dim() != 4) throw std::logic_error("write_image takes [D, H, W] or [C, D, H, W]");
  auto values = image.detach().to(at::kCPU);
  if (values.is_floating_point())
    values = values.to(at::kFloat);
  else if (values.scalar_type() == at::kBool || values.scalar_type() == at::kChar)
    values = values.to(at::kShort);
  write(path, values, geometry, like, false);
}

bool is_volume_file(const std::filesystem::path& path) { return !volume_suffix(path).empty(); }

std::string volume_stem(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return name.substr(0, name.size() - volume_suffix(path).size());
}

double corner_distance(const Geometry& a, const Geometry& b, at::IntArrayRef size) {
  double largest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double square = 0;
    for (std::size_t row = 0; row < 3; ++row) {
      double off = a.origin[row] - b.origin[row];
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double index = (corner >> axis) & 1 ? static_cast<double>(size[2 - axis] - 1) : 0;
        off += index * (a.direction[3 * row + axis] * a.spacing[axis] - b.direction[3 * row + axis] * b.spacing[axis]);
      }
      square += off * off;
    }
    largest = std::max(largest, square);
  }
  return std::sqrt(largest);
}

}  // namespace plexus
