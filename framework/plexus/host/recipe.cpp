#include <plexus/host/recipe.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume_format.hpp>
#include <plexus/host/case_files.hpp>

namespace plexus {
namespace {

// A pattern of file names below the output folder.
std::string wrong_pattern(const std::string& pattern) {
  if (pattern.find("{id}") == std::string::npos) return "'" + pattern + "' must hold {id}, the name of the case";
  const std::filesystem::path path = pattern;
  const auto leaves = [](const auto& part) { return part == ".."; };
  if (path.is_absolute() || std::any_of(path.begin(), path.end(), leaves)) return "'" + pattern + "' leaves the output folder";
  return "";
}

// A format that is written; lossy ones hold no labels.
std::string wrong_suffix(const std::string& pattern, bool label) {
  if (!is_volume_file(pattern)) return "'" + pattern + "': no volume format has this suffix; " + volume_formats_text();
  const bool lossy = pattern.ends_with(".jpg") || pattern.ends_with(".jpeg");
  return label && lossy ? "'" + pattern + "': JPEG would change label values; choose .png or a volume format" : "";
}

// Files that a step names and that are not there: found before the first case, not with each.
void check_files(const Options& options, const std::string& step) {
  for (const Option& option : options.all()) {
    if (!option.is_path || !option.current().is_scalar()) continue;
    const std::string file = option.current().text();
    if (!file.empty() && !std::filesystem::exists(file))
      throw Error(ErrorKind::configuration, "step " + step + ": the file of `" + option.name + "` is not there", file, "mend the path");
  }
}

// The list of numbers that an option of a step holds; empty where it has no such option.
std::vector<double> numbers(const Options& options, const std::string& name) {
  const Option* option = options.find(name);
  std::vector<double> values;
  if (!option) return values;
  const Node node = option->current();
  for (const Node& item : node.items()) values.push_back(item.is_scalar() ? parse_real(item.text()).value_or(0) : 0);
  return values;
}

}  // namespace

void Recipe::Input::declare(Options& options) {
  options.add("layout", layout, "how the cases lie there").one_of(case_layouts()).no_effect();
  options.add("suffix", suffix, "of BIDS images, as T1w; empty: all").no_effect();
  options.add("label_suffix", label_suffix, "of BIDS labels; empty: dseg, else mask").no_effect();
  options.add("derivative", derivative, "folder in derivatives/ that BIDS labels are taken from; empty: any").no_effect();
  options.add("description", description, "BIDS labels of this desc- only; empty: any").no_effect();
  options.add("series", series, "SeriesInstanceUID where a DICOM folder holds several; empty: the one of the most slices");
  options.add("uneven", uneven, "read DICOM series with missing slices or mixed spacing, with a note");
  options.add("on_shear", on_shear, "axes off their right angles: refuse, take the nearest right ones, or resample")
      .one_of({"error", "nearest", "resample"});
  options
      .add("paired", paired,
           "label and image that lie apart by more than a tenth of a voxel: place refuses them, stored pairs voxels as they are stored")
      .one_of({"place", "stored"});
  options.add("not_finite", not_finite, "voxels that are NaN or infinite: error refuses the case, zero puts 0 there").one_of({"error", "zero"});
}

BidsOptions Recipe::Input::bids() const {
  BidsOptions bids;
  if (!suffix.empty()) bids.suffixes = {suffix};
  if (!label_suffix.empty()) bids.label_suffixes = {label_suffix};
  bids.derivative = derivative;
  bids.description = description;
  return bids;
}

ReadOptions Recipe::Input::reading() const {
  return {.on_shear = on_shear_of(on_shear), .series = series, .uneven = uneven};
}

void Recipe::Output::declare(Options& options) {
  options.add("image", image, "image files below the output folder; the format goes by the suffix");
  options.add("label", label, "label files; the same name as the image's for .h5, which holds both");
  options.add("one_hot", one_hot, "files of what the step one_hot makes, a channel of 0 and 1 for each class");
  options.add("type", type, "numbers of the images: steps, as the steps leave them (float32, unless `cast` made others); whole ones are rounded and kept "
              "within their range")
      .one_of({"steps", "float32", "int32", "int16", "uint8"});
  options.rule([this] { return wrong_pattern(image); });
  options.rule([this] { return wrong_pattern(label); });
  options.rule([this] { return wrong_pattern(one_hot); });
  options.rule([this] { return wrong_suffix(one_hot, true); });
  options.rule([this] { return wrong_suffix(image, false); });
  options.rule([this] { return wrong_suffix(label, true); });
  options.rule([this] {
    return image == label && !image.ends_with(".h5") ? std::string("image and label are one file, which only .h5 can be") : "";
  });
}

void Recipe::Settings::declare(Options& options) {
  options.add("name", name, "of the recipe; default: the file's name");
  options.add("seed", seed, "of steps that draw at random").range(0);
  options.add("input", input, "how the cases are found");
  options.add("steps", steps, "what is done, in order: names, or {NAME: {option: value}}").required();
  options.add("output", output, "what is written");
}

Recipe::Recipe(const Node& tree, Plugins& plugins, const std::string& fallback_name) {
  Options options;
  settings_.declare(options);
  input_.declare(input_options_);
  output_.declare(output_options_);
  ErrorList errors;
  errors.attempt([&] { options.apply(tree, "the recipe"); });
  if (settings_.name.empty()) settings_.name = fallback_name;
  if (settings_.input.is_map()) errors.attempt([&] { input_options_.apply(settings_.input, "input"); });
  if (settings_.output.is_map()) errors.attempt([&] { output_options_.apply(settings_.output, "output"); });
  for (const Node& step : settings_.steps)
    errors.attempt([&] {
      parts_.push_back(transform_part(plugins, step, "step " + std::to_string(parts_.size() + 1)));
      check_files(parts_.back().builder->options(), parts_.back().plugin);
    });
  errors.raise();
  steps_ = make_transforms(parts_);
}

Node Recipe::resolved(bool results_only) const {
  Node tree = Node::map({});
  if (!results_only) tree.set("name", Node::scalar(settings_.name));
  tree.set("input", option_values(input_options_, results_only));
  const auto draws = [](const auto& step) { return !step->deterministic(); };
  if (!results_only || std::any_of(steps_.begin(), steps_.end(), draws))
    tree.set("seed", Node::literal(std::to_string(settings_.seed)));
  std::vector<Node> list;
  for (const auto& part : parts_) list.push_back(part.resolved(results_only));
  tree.set("steps", Node::list(std::move(list)));
  tree.set("output", option_values(output_options_, results_only));
  return tree;
}

std::string Recipe::fingerprint(const Plugins& plugins) const {
  std::string text = resolved(true).json();
  for (const auto& part : parts_)  // reference volumes and the like
    for (const Option& option : part.builder->options().all())
      if (option.is_path && option.current().is_scalar() && std::filesystem::is_regular_file(option.current().text()))
        text += "\n" + option.name + " " + sha256_file(option.current().text());
  for (const auto& [name, file] : plugins.opened()) text += "\n" + name + " " + sha256_file(file);
  return sha256(text);
}

Recipe::Voxels Recipe::voxels(const std::vector<std::int64_t>& size, const std::array<double, 3>& spacing) const {
  std::array<double, 3> now{}, at = spacing;  // x, y, z
  for (std::size_t axis = 0; axis < 3; ++axis) now[axis] = static_cast<double>(size[2 - axis]);
  Voxels voxels{now[0] * now[1] * now[2], 0};
  for (const auto& part : parts_) {
    auto wanted = numbers(part.builder->options(), "spacing");
    if (wanted.size() == 1) wanted.assign(3, wanted.front());
    const auto sizes = numbers(part.builder->options(), "size");
    if (const Option* like = part.builder->options().find("like"); like && !like->current().text().empty()) {
      std::vector<std::int64_t> shape;
      at = read_volume_geometry(like->current().text(), shape).geometry.spacing;
      for (std::size_t axis = 0; axis < 3; ++axis) now[axis] = static_cast<double>(shape[3 - axis]);
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (wanted.size() == 3 && wanted[axis] > 0) {
        now[axis] = std::ceil(now[axis] * at[axis] / wanted[axis]);
        at[axis] = wanted[axis];
      }
      if (sizes.size() > axis && sizes[sizes.size() - 1 - axis] > 0) now[axis] = sizes[sizes.size() - 1 - axis];
    }
    voxels.most = std::max(voxels.most, now[0] * now[1] * now[2]);
  }
  voxels.last = now[0] * now[1] * now[2];
  return voxels;
}

}  // namespace plexus
