#include <plexus/host/preprocess.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/report/overlay.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t thumbnail_pixels = 160;  // of its longer side
constexpr std::size_t thumbnails = 60;          // cases that have one

std::string named(const std::string& pattern, const std::string& id) {
  std::string name = pattern;
  for (std::size_t at = 0; (at = name.find("{id}", at)) != std::string::npos; at += id.size()) name.replace(at, 4, id);
  return name;
}

// The case through all steps.
std::vector<Sample> through_steps(const Recipe& recipe, Sample sample) {
  const Rng rng = Rng(recipe.seed()).fork("preprocess").fork(sample.id);
  std::vector<Sample> samples;
  samples.push_back(std::move(sample));
  for (std::size_t i = 0; i < recipe.steps().size(); ++i) {
    throw_if_stopped();
    std::vector<Sample> next;
    for (Sample& one : samples) {
      Rng own = rng.fork(i).fork(one.id);
      try {
        auto made = recipe.steps()[i]->apply_all(std::move(one), own);
        std::move(made.begin(), made.end(), std::back_inserter(next));
      } catch (const Error& error) {
        throw error.within("step " + recipe.step_name(i));
      }
    }
    samples = std::move(next);
  }
  if (samples.empty()) throw Error(ErrorKind::data, "the steps leave nothing of it");
  std::set<std::string> ids;
  for (const Sample& one : samples)
    if (!ids.insert(safe_name(one.id)).second)
      throw Error(ErrorKind::configuration, "the steps make two samples called '" + one.id + "'");
  return samples;
}

class CaseOutputs {
 public:
  CaseOutputs(const Recipe::Output& names, const fs::path& target, const CaseFiles& files, bool may_replace)
      : names_(names), target_(target), files_(files), may_replace_(may_replace) {}

  // All of a case or nothing: a fault takes back what was written before it.
  void write(const std::vector<Sample>& samples) {
    try {
      for (const Sample& sample : samples) write_one(sample);
    } catch (...) {
      std::error_code ignored;
      for (const std::string& file : written) fs::remove(target_ / file, ignored);
      throw;
    }
  }

  std::vector<std::string> written;

 private:
  void write_one(const Sample& sample) {
    const std::string id = safe_name(sample.id);
    const std::string image = named(names_.image, id), label = named(names_.label, id);
    if (const auto maps = sample.fields.find("one_hot"); maps != sample.fields.end()) {
      Sample classes = sample;
      classes.fields["image"] = maps->second;
      write_case_image(place(named(names_.one_hot, id)), classes, "uint8");
    }
    if (image.ends_with(".h5")) {
      write_case_h5(place(image), sample, names_.type);
      if (image == label) return;
    } else {
      write_case_image(place(image), sample, names_.type);
    }
    if (sample.fields.count("label")) write_case_label(place(label), sample);
  }

  fs::path place(const std::string& name) {
    const fs::path path = target_ / name;
    for (const fs::path& file : written_files(path)) claim(file);
    make_folder(path.parent_path());
    return path;
  }

  void claim(const fs::path& path) {
    if (fs::exists(path)) {
      for (const std::string& input : files_.all())
        if (fs::exists(input) && fs::equivalent(path, input))
          throw Error(ErrorKind::configuration, "is an input of the batch and would be overwritten", path.string(),
                      "choose another output folder");
      if (!may_replace_)
        throw Error(ErrorKind::configuration, "is there already, and is not of this batch", path.string(),
                    "give --overwrite, or another output folder");
    }
    written.push_back(path.lexically_relative(target_).string());
  }

  const Recipe::Output& names_;
  const fs::path& target_;
  const CaseFiles& files_;
  bool may_replace_;
};

// Size x, y, z of a sample's grid.
std::vector<std::int64_t> size_of(const Sample& sample) {
  const auto sizes = sample.fields.at("image").sizes().slice(1);
  return {sizes.rbegin(), sizes.rend()};
}

json described(const Geometry& read, const std::vector<std::int64_t>& read_size, const std::vector<Sample>& made,
               const std::vector<std::string>& notes) {
  const Sample& first = made.front();
  const at::Tensor& image = first.fields.at("image");
  const auto [low, high] = at::aminmax(image);
  json details{{"size_before", read_size},
               {"spacing_before", read.spacing},
               {"samples", made.size()},
               {"size", size_of(first)},
               {"spacing", first.geometry.spacing},
               {"channels", image.size(0)},
               {"label", first.fields.count("label") > 0}};
  details["minimum"] = low.item<double>();
  details["maximum"] = high.item<double>();
  details["notes"] = notes;
  if (!std::isfinite(low.item<double>()) || !std::isfinite(high.item<double>()))
    throw Error(ErrorKind::data, "the steps leave values that are not finite", "", "look at the steps that divide or scale");
  return details;
}

// A slice with its label as a tint: the one with the most of it, or the middle one.
std::string thumbnail(const Sample& sample) {
  at::Tensor image = sample.fields.at("image")[0];
  at::Tensor label = sample.fields.count("label") ? sample.fields.at("label") : at::zeros(image.sizes(), at::kByte);
  if (image.dim() == 3) {
    const bool any = label.gt(0).any().item<bool>();
    const std::int64_t slice = any ? shown_slice(label, label) : image.size(0) / 2;
    image = image[slice];
    label = label[slice];
  }
  const std::int64_t every =
      std::max<std::int64_t>(1, (std::max(image.size(0), image.size(1)) + thumbnail_pixels - 1) / thumbnail_pixels);
  image = image.slice(0, 0, image.size(0), every).slice(1, 0, image.size(1), every);
  label = label.slice(0, 0, label.size(0), every).slice(1, 0, label.size(1), every);
  const auto& spacing = sample.geometry.spacing;
  return overlay_png(image, at::zeros_like(label), label, spacing[1] / spacing[0], {}, thumbnail_pixels);
}

}  // namespace

std::vector<Job> case_jobs(const FoundCases& found, const Shard& shard) {
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < found.cases.size(); ++i)
    if (shard.has(i)) jobs.push_back({found.cases[i].id, found.cases[i].all(), {}, 0});
  return jobs;
}

std::uint64_t estimated_bytes(const Recipe& recipe, const CaseFiles& files) {
  constexpr double small = 4 << 20;  // whatever the size
  const CaseSize size = read_case_size(files, recipe.input().reading());
  const Recipe::Voxels voxels = recipe.voxels(size.size, size.spacing);
  const auto channels = static_cast<double>(size.channels), stored = static_cast<double>(size.stored_bytes);
  const double before = size.voxels();
  const double label = files.label.empty() ? 0 : 1;
  // What is stored, packed and inflated, then as float32, and the labels beside; a step's input and output with a mask, and
  // the labels' two; what is written, with a copy as bytes and a packed one, and the labels. Numbers that come from 16 bits or
  // fewer pack to about half.
  const double reading = stored + channels * before * (size.voxel_bytes + (size.is_float32 ? 0 : 4)) + label * before * 2;
  const double step = channels * (4 * before + 5 * voxels.most) + label * voxels.most * 2;
  const double writing = channels * voxels.last * (size.voxel_bytes <= 2 ? 10.2 : 12) + label * voxels.last;
  return static_cast<std::uint64_t>(std::min(std::max({reading, step, writing}) + small, 9e18));
}

BatchWork recipe_work(const Recipe& recipe, const FoundCases& found, const fs::path& target, const std::string& fingerprint) {
  std::map<std::string, const CaseFiles*> by_id;
  for (const CaseFiles& files : found.cases) by_id[files.id] = &files;
  std::set<std::string> shown;
  for (std::size_t i = 0; i < std::min(thumbnails, found.cases.size()); ++i) shown.insert(found.cases[i].id);
  BatchWork work;
  work.title = "preprocess";
  work.recipe = fingerprint;
  work.bytes = [&recipe, by_id](const Job& job) { return estimated_bytes(recipe, *by_id.at(job.id)); };
  work.run = [&recipe, by_id, shown, target](const Job& job, bool may_replace) {
    const CaseFiles& files = *by_id.at(job.id);
    std::vector<std::string> notes;
    Sample read = read_case(files, notes, recipe.input().reading());
    if (const auto apart = misplaced(notes); apart && recipe.input().paired == "place")
      throw Error(ErrorKind::data, *apart, "",
                  "resample one onto the other, or let `input: {paired: stored}` of the recipe pair voxels as they are stored");
    settle_not_finite(read, recipe.input().not_finite == "zero", notes);
    const auto read_size = size_of(read);
    const Geometry place = read.geometry;
    const std::vector<Sample> made = through_steps(recipe, std::move(read));
    CaseOutputs outputs(recipe.output(), target, files, may_replace);
    BatchWork::Outcome outcome;
    outcome.details = described(place, read_size, made, notes).dump();
    outputs.write(made);
    outcome.outputs = outputs.written;
    for (const std::string& note : notes) log::info("case " + job.id + ": " + note);
    if (shown.count(job.id)) outcome.thumbnail = thumbnail(made.front());
    return outcome;
  };
  return work;
}

}  // namespace plexus
