#include <plexus/host/case_io.hpp>

#include <algorithm>
#include <string_view>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/array_volume.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/npy.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view paired_as_stored = "; voxels are paired as stored";

void require_same_grid(const Volume& one, const Grid& image, const std::string& file, const std::string& of,
                       std::vector<std::string>& notes) {
  const auto size = one.data.sizes().slice(1);
  if (size != image.size)
    throw Error(ErrorKind::data,
                fmt::format("is {} x {} x {} voxels, its image {} x {} x {}", size[2], size[1], size[0], image.size[2],
                            image.size[1], image.size[0]),
                file, "it must lie on the grid of " + of);
  if (!one.geometry.known || !image.geometry.known) return;
  const double apart = corner_distance(one.geometry, image.geometry, size);
  const auto& spacing = image.geometry.spacing;
  if (apart > 0.1 * *std::min_element(spacing.begin(), spacing.end()))
    notes.push_back(fmt::format("{}: lies up to {:.2f} mm off its image{}", file, apart, paired_as_stored));
}

// The .h5 or .npz file that holds the label as well.
bool holds_label(const std::string& image) {
  if (volume_format(image) == VolumeFormat::h5) return h5_has(image, "label");
  if (fs::path(image).extension() != ".npz") return false;
  bool label = false, other = false;
  for (const auto& key : npz_keys(image)) {
    label = label || key == "label" || key == "seg";
    other = other || (key != "label" && key != "seg" && key != "affine" && key != "spacing");
  }
  return label && other;
}

at::Tensor whole_label(const at::Tensor& label, const std::string& file) {
  if (label.size(0) == 1) return label[0].contiguous();
  throw Error(ErrorKind::data, fmt::format("has {} channels; a label map has one", label.size(0)), file);
}

// Channels, then a volume: slices become volumes of one plane.
at::Tensor image_volume(const Sample& sample, const std::string& type) {
  at::Tensor image = sample.fields.at("image");
  if (image.dim() == 3) image = image.unsqueeze(1);
  const bool as_cast = type == "steps" && (image.scalar_type() == at::kByte || image.scalar_type() == at::kShort || image.scalar_type() == at::kInt);
  if (as_cast) return image;
  if (type == "float32" || type == "steps") return image.to(at::kFloat);
  const auto [low, high, kind] = type == "uint8" ? std::tuple{0.0, 255.0, at::kByte}
                                 : type == "int16"
                                     ? std::tuple{-32768.0, 32767.0, at::kShort}
                                     : std::tuple{-2147483648.0, 2147483520.0, at::kInt};  // what float32 can hold
  if (image.scalar_type() == kind) return image;
  return at::nan_to_num(image.to(at::kFloat), 0, high, low).round_().clamp_(low, high).to(kind);
}

at::Tensor label_volume(const Sample& sample) {
  const at::Tensor& label = sample.fields.at("label");
  return label.dim() == 2 ? label.unsqueeze(0) : label;
}

at::Tensor without_one_channel(const at::Tensor& image) { return image.size(0) == 1 ? image[0] : image; }

}  // namespace

Sample read_case(const CaseFiles& files, std::vector<std::string>& notes, const ReadOptions& options) {
  if (files.fault) throw *files.fault;
  Sample sample;
  sample.id = sample.case_id = files.id;
  std::vector<at::Tensor> channels;
  Grid grid;
  for (const std::string& file : files.images) {
    const Volume volume = read_volume(file, options);
    for (const std::string& note : volume.notes) notes.push_back(file + ": " + note);
    if (volume.data.numel() == 0) throw Error(ErrorKind::data, "holds no voxels", file);
    if (channels.empty()) {
      grid = {volume.geometry, volume.data.sizes().slice(1).vec()};
      sample.header = volume.header;
    } else {
      require_same_grid(volume, grid, file, files.images.front(), notes);
    }
    channels.push_back(volume.data.to(at::kFloat).contiguous());
  }
  sample.fields["image"] = channels.size() == 1 ? channels.front() : at::cat(channels);
  sample.geometry = grid.geometry;
  sample.source = std::make_shared<Grid>(grid);
  const std::string& image = files.images.front();
  const std::string label_file = files.label.empty() && holds_label(image) ? image : files.label;
  if (label_file.empty()) return sample;
  ReadOptions as_label = options;
  as_label.label = true;
  if (label_file != image) as_label.series.clear();
  const Volume label = read_volume(label_file, as_label);
  require_same_grid(label, grid, label_file, image, notes);
  sample.fields["label"] = whole_label(label.data, label_file);
  return sample;
}

void settle_not_finite(Sample& sample, bool zero, std::vector<std::string>& notes) {
  std::int64_t count = 0;
  for (const auto& plane : sample.fields.at("image").flatten(0, 1).unbind(0)) {
    const auto wrong = plane.isfinite().logical_not();
    const auto here = wrong.sum().item<std::int64_t>();
    count += here;
    if (zero && here > 0) plane.masked_fill_(wrong, 0);
  }
  if (count == 0) return;
  const auto told = fmt::format("{} of {} voxels are no numbers (NaN or infinite)", count, sample.fields.at("image").numel());
  if (!zero)
    throw Error(ErrorKind::data, told, "", "mend the file, or have 0 put there: `input: {not_finite: zero}` of a recipe, --not-finite zero of predict");
  notes.push_back(told + "; they became 0");
}

std::optional<std::string> misplaced(const std::vector<std::string>& notes) {
  const auto found = std::find_if(notes.begin(), notes.end(), [](const auto& note) { return note.ends_with(paired_as_stored); });
  if (found == notes.end()) return std::nullopt;
  return found->substr(0, found->size() - paired_as_stored.size());
}

double CaseSize::voxels() const {
  double product = 1;  // headers may say sizes whose product no whole number holds
  for (const std::int64_t along : size) product *= static_cast<double>(along);
  return product;
}

CaseSize read_case_size(const CaseFiles& files, const ReadOptions& options) {
  if (files.fault) throw *files.fault;
  CaseSize size;
  for (const std::string& file : files.images) {
    std::vector<std::int64_t> shape;
    const Volume volume = read_volume_geometry(file, shape, options);
    if (size.channels == 0) size.spacing = volume.geometry.spacing;
    size.channels += shape[0];
    const std::string& type = volume.stored.type;
    size.voxel_bytes = std::max(size.voxel_bytes, type.ends_with("64")   ? 8.0
                                                  : type.ends_with("16") ? 2.0
                                                  : type.ends_with("8")  ? 1.0
                                                                         : 4.0);
    size.is_float32 = size.is_float32 && type == "float32" && files.images.size() == 1;
    if (size.size.empty()) size.size.assign(shape.begin() + 1, shape.end());
  }
  for (const std::string& file : files.all())
    if (fs::is_regular_file(file)) size.stored_bytes += fs::file_size(file);
  return size;
}

std::map<std::int64_t, std::int64_t> count_labels(const at::Tensor& label) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto& plane : label.unbind(0)) {
    const auto [ids, inverse, voxels] = at::_unique2(plane, true, false, true);
    for (std::int64_t i = 0; i < ids.numel(); ++i) counts[ids[i].item().to<std::int64_t>()] += voxels[i].item<std::int64_t>();
  }
  return counts;
}

void write_case_image(const fs::path& path, const Sample& sample, const std::string& type) {
  write_image(path, without_one_channel(image_volume(sample, type)), sample.geometry, sample.header.get());
}

void write_case_label(const fs::path& path, const Sample& sample) {
  write_label(path, label_volume(sample), sample.geometry, sample.header.get());
}

void write_case_h5(const fs::path& path, const Sample& sample, const std::string& type) {
  std::vector<std::pair<std::string, at::Tensor>> tensors{
      {"image", without_one_channel(image_volume(sample, type)).contiguous()}};
  if (sample.fields.count("label")) tensors.emplace_back("label", label_volume(sample).contiguous());
  write_h5(path, tensors, volume_attributes(sample.geometry, sample.case_id));
}

}  // namespace plexus
