#include "phantom/phantom.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>

#include "phantom/kinds.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using phantom::Anatomy;
using phantom::Picture;

const phantom::Kind& kind_of(const Phantom::Settings& settings) {
  const phantom::Kind* kind = phantom::find_kind(settings.kind);
  if (!kind) throw Error(ErrorKind::configuration, fmt::format("no phantom '{}'", settings.kind));
  return *kind;
}

phantom::Grid grid_of(const Phantom::Settings& settings) {
  const phantom::Kind& kind = kind_of(settings);
  phantom::Grid grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.size[axis] = settings.size.empty() ? kind.size[axis] : settings.size[axis];
    grid.spacing[axis] =
        settings.spacing.empty() ? kind.extent[axis] / static_cast<double>(grid.size[axis]) : settings.spacing[axis];
  }
  return grid;
}

// "cardiac_007", "vessels_b_012".
std::string case_name(const Phantom::Settings& settings, std::int64_t index) {
  const std::string modality = settings.kind == "vessels" ? "_" + settings.modality : "";
  return fmt::format("{}{}_{:03}", settings.kind, modality, index);
}

std::int64_t index_of(const std::string& name) {
  const auto index = parse_integer(name.substr(name.rfind('_') + 1));
  if (!index) throw Error(ErrorKind::data, "is no case of a phantom", name);
  return *index;
}

// The stream of a case. The host's own is left aside: a case is the same in whatever pipeline it is made.
Rng stream(const Phantom::Settings& settings, std::int64_t index) {
  return Rng(static_cast<std::uint64_t>(settings.seed))
      .fork("phantom")
      .fork(settings.kind)
      .fork(static_cast<std::uint64_t>(index));
}

Anatomy anatomy_of(const Phantom::Settings& settings, std::int64_t index) {
  const phantom::Request request{grid_of(settings),    settings.noise,    settings.bias,     settings.texture,
                                 settings.look_alikes, settings.modality, settings.max_shift};
  return kind_of(settings).build(request, stream(settings, index));
}

// The picture's axes are the patient's: x to the left, y to the back, z up, the middle of the grid at the origin.
Geometry geometry_of(const phantom::Grid& grid) {
  Geometry geometry;
  geometry.spacing = grid.spacing;
  const phantom::Point first = grid.at(0, 0, 0);
  geometry.origin = {first.x, first.y, first.z};
  geometry.known = true;
  return geometry;
}

template <class T>
at::Tensor tensor(const std::vector<T>& values, const phantom::Grid& grid, at::ScalarType type) {
  at::Tensor copy = at::empty({grid.size[2], grid.size[1], grid.size[0]}, at::TensorOptions().dtype(type));
  std::copy(values.begin(), values.end(), copy.data_ptr<T>());
  return copy;
}

void write_nifti(const std::string& name, const Picture& picture, const fs::path& target) {
  const Geometry geometry = geometry_of(picture.grid);
  make_folder(target / "images");
  make_folder(target / "labels");
  write_image(target / "images" / (name + ".nii.gz"), tensor(picture.image, picture.grid, at::kShort), geometry);
  write_label(target / "labels" / (name + ".nii.gz"), tensor(picture.label, picture.grid, at::kByte), geometry);
}

void write_h5_files(const std::string& name, const Picture& picture, const fs::path& target) {
  const at::Tensor stored = tensor(picture.image, picture.grid, at::kShort).to(at::kFloat);
  const at::Tensor low = stored.min(), image = (stored - low) / (stored.max() - low).clamp_min(1);
  const at::Tensor label = tensor(picture.label, picture.grid, at::kByte);
  const auto affine = ras_affine(geometry_of(picture.grid));
  const auto& spacing = picture.grid.spacing;
  const H5Attributes attributes{{"affine", std::vector<double>(affine.begin(), affine.end())},
                                {"spacing", std::vector<double>{spacing[2], spacing[1], spacing[0]}},
                                {"axes", std::string("zyx")},
                                {"source", std::string("phantom")}};
  make_folder(target / "data" / "slices");
  write_h5(target / "data" / (name + ".h5"), {{"image", image}, {"label", label}}, attributes);
  for (std::int64_t k = 0; k < image.size(0); ++k)
    write_h5(target / "data" / "slices" / fmt::format("{}_slice_{}.h5", name, k + 1),
             {{"image", image[k].contiguous()}, {"label", label[k].contiguous()}});
}

// Which of the cases that were written belong to each subset, in order.
std::vector<std::pair<std::string, std::vector<std::string>>> splits(const Phantom::Settings& settings,
                                                                     const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::vector<std::string>>> parts{
      {"labeled", {}}, {"unlabeled", {}}, {"val", {}}, {"test", {}}};
  const std::int64_t training = settings.cases - settings.val - settings.test;
  for (const std::string& name : names) {
    const std::int64_t index = index_of(name);
    const std::size_t part = index < settings.labeled ? 0 : index < training ? 1 : index < training + settings.val ? 2 : 3;
    parts[part].second.push_back(name);
  }
  return parts;
}

void write_list(const fs::path& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  write_file(path, text);
}

std::vector<std::string> slices(const std::vector<std::string>& names, const phantom::Grid& grid) {
  std::vector<std::string> all;
  for (const std::string& name : names)
    for (std::int64_t k = 1; k <= grid.size[2]; ++k) all.push_back(fmt::format("{}_slice_{}", name, k));
  return all;
}

}  // namespace

void Phantom::Settings::declare(Options& options) {
  std::vector<std::string> names;
  for (const phantom::Kind& known : phantom::kinds()) names.emplace_back(known.name);
  options.add("kind", kind, "what is imaged").one_of(names);
  options.add("format", format, "NIfTI volumes with dataset.json, or the H5 layout with list files").one_of({"nifti", "h5"});
  options.add("modality", modality, "vessels only: a, dark on a bright ground; b, bright on a dark ground").one_of({"a", "b"});
  options.add("cases", cases, "how many in all").range(1, 999999);
  options.add("labeled", labeled, "training cases whose labels may be used; the first ones").range(0);
  options.add("val", val, "cases of the subset val, taken after the training ones").range(0);
  options.add("test", test, "cases of the subset test, the last ones").range(0);
  options.add("seed", seed, "case i depends on it and on i alone").range(0);
  options.add("size", size, "x, y, z; empty: the kind's own").unit("voxels").range(1, 2048);
  options.add("spacing", spacing, "x, y, z; empty: such that the anatomy fills the grid").unit("mm").range(1e-3, 1e3);
  options.add("noise", noise, "strength of the noise; 1 is usual, 0 none").range(0, 10);
  options.add("bias", bias, "strength of uneven brightness").range(0, 10);
  options.add("texture", texture, "strength of the tissues' grain").range(0, 10);
  options.add("look_alikes", look_alikes, "number of structures that look like the labelled ones").range(0, 4);
  options.add("max_shift", max_shift, "head_ct only: largest shift of the midline").unit("mm").range(0, 20);
  options.rule([this]() -> std::string {
    if (!size.empty() && size.size() != 3) return "size takes three numbers: x, y, z";
    if (!spacing.empty() && spacing.size() != 3) return "spacing takes three numbers: x, y, z";
    if (labeled + val + test > cases)
      return fmt::format("labeled, val and test are {} cases together, but cases is {}", labeled + val + test, cases);
    return "";
  });
}

Phantom::Phantom(Settings settings) : settings_(std::move(settings)) {}

std::vector<Job> Phantom::jobs(const std::string&, const std::string&) const {
  const phantom::Grid grid = grid_of(settings_);
  std::vector<Job> all;
  for (std::int64_t index = 0; index < settings_.cases; ++index) {
    Job job;
    job.id = case_name(settings_, index);
    if (settings_.format == "h5") {
      job.outputs.push_back(fmt::format("data/{}.h5", job.id));
      for (const std::string& slice : slices({job.id}, grid)) job.outputs.push_back(fmt::format("data/slices/{}.h5", slice));
    } else {
      job.outputs = {fmt::format("images/{}.nii.gz", job.id), fmt::format("labels/{}.nii.gz", job.id)};
    }
    // Picture, tensors and their copies, and the samples of one slice.
    job.bytes =
        static_cast<std::uint64_t>(grid.voxels()) * 20 + static_cast<std::uint64_t>(grid.size[0] * grid.size[1]) * 9 * 26;
    all.push_back(std::move(job));
  }
  return all;
}

void Phantom::run(const Job& job, const std::string& target, Rng&, Context&) const {
  const std::int64_t index = index_of(job.id);
  const Anatomy anatomy = anatomy_of(settings_, index);
  const Picture picture =
      phantom::render(anatomy.scene, grid_of(settings_), anatomy.look, stream(settings_, index).fork("picture"));
  if (settings_.format == "h5")
    write_h5_files(job.id, picture, target);
  else
    write_nifti(job.id, picture, target);
}

void Phantom::finish(const std::vector<Job>& done, const std::string& target) const {
  std::vector<std::string> names;
  for (const Job& job : done) names.push_back(job.id);
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return index_of(a) < index_of(b); });
  const auto parts = splits(settings_, names);

  nlohmann::ordered_json description;
  description["name"] = "phantom " + settings_.kind;
  description["labels"]["background"] = 0;
  const phantom::Kind& kind = kind_of(settings_);
  for (std::size_t i = 0; i < kind.labels.size(); ++i) description["labels"][std::string(kind.labels[i])] = i + 1;
  for (const auto& [part, members] : parts) description["splits"][part] = members;
  for (const std::string& name : names) {
    const Anatomy anatomy = anatomy_of(settings_, index_of(name));
    for (const auto& [key, value] : anatomy.values) description["values"][name][key] = value;
    for (const auto& [slice, points] : anatomy.landmarks) description["landmarks"][name][std::to_string(slice)] = points;
  }
  make_folder(target);
  write_file(fs::path(target) / "dataset.json", description.dump(1) + "\n");
  if (settings_.format != "h5") return;

  std::vector<std::string> training = parts[0].second;
  training.insert(training.end(), parts[1].second.begin(), parts[1].second.end());
  const phantom::Grid grid = grid_of(settings_);
  write_list(fs::path(target) / "train.list", training);
  write_list(fs::path(target) / "train_slices.list", slices(training, grid));
  write_list(fs::path(target) / "val.list", parts[2].second);
  write_list(fs::path(target) / "test.list", parts[3].second);
}

void register_phantom(Registry& registry) {
  registry.preprocessors.add<Phantom>("phantom",
                                      "synthetic cases with known truth: cardiac MR, head CT, vessels, lesions, organs");
}

}  // namespace plexus
