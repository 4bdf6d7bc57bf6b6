#include <cmath>
#include <cstdio>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/plugins.hpp>
#include <plexus/host/prepare.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

int phantom(const std::vector<std::string>& args) {
  std::string kind = "cardiac", format = "nifti";
  fs::path output;
  std::int64_t cases = 0;
  CommandLine line("data phantom", "--kind KIND -o DIR [options]",
                   "Writes a data set of synthetic cases with known truth.\n"
                   "'plexus plugins describe phantom' shows what --set takes: labeled, val, test, size, spacing, noise, ….");
  line.option("kind", 'k', kind, "KIND", "cardiac, head_ct, vessels, lesions or organs");
  line.option("output", 'o', output, "DIR", "folder to write to").needed();
  line.option("cases", 'n', cases, "N", "how many in all; 0: the preprocessor's default");
  line.option("format", '\0', format, "FORMAT", "nifti or h5");
  line.common({Common::set, Common::seed, Common::jobs, Common::overwrite, Common::keep_going, Common::plugin_path});
  line.example("plexus data phantom --kind cardiac -o data/heart", "28 hearts, two of them labelled");
  line.example("plexus data phantom -k organs -o data/organs -n 10 --set val=2 --set test=2 --set size=[96,96,20]",
               "small abdomens");
  if (!line.parse(args)) return 0;
  const CommonOptions& shared = line.shared();

  Node settings = Node::map({{"kind", Node::scalar(kind)}, {"format", Node::scalar(format)}});
  if (cases != 0) settings.set("cases", Node::scalar(std::to_string(cases)));
  if (shared.seed) settings.set("seed", Node::scalar(std::to_string(*shared.seed)));
  for (const std::string& assignment : shared.set) set_value(settings, assignment);
  Plugins plugins(shared.plugin_path);
  const auto builder = plugins.preprocessor("phantom");
  builder->options().apply(settings, "phantom");
  if (fs::exists(output / "dataset.json") && !shared.overwrite)
    throw Error(ErrorKind::usage, "holds a data set already", output.string(), "give --overwrite, or another folder");

  const auto preprocessor = builder->make();
  const Prepared prepared =
      prepare(*preprocessor, "", output, Rng(shared.seed.value_or(0)).fork("prepare"), shared.jobs, shared.fail_fast);
  for (const auto& [id, error] : prepared.failed) log::error(fmt::format("{}: {}", id, error.what()));
  log::info(fmt::format("{} case(s) of '{}' are in {}; 'plexus data info' shows a file", prepared.done.size(), kind,
                        output.string()));
  return prepared.failed.empty() ? 0 : exit_code(ErrorKind::cases);
}

const char* type_name(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return "uint8";
    case at::kChar:
      return "int8";
    case at::kShort:
      return "int16";
    case at::kInt:
      return "int32";
    case at::kLong:
      return "int64";
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    default:
      return c10::toString(type);
  }
}

// Type, range and mean of the finite values.
void add_values(Json& json, const at::Tensor& data) {
  json["type"] = type_name(data.scalar_type());
  const at::Tensor finite = data.is_floating_point() ? data.masked_select(data.isfinite()) : data;
  if (finite.numel() == 0) {
    json["min"] = json["max"] = json["mean"] = nullptr;
  } else {
    json["min"] = finite.min().item<double>();
    json["max"] = finite.max().item<double>();
    json["mean"] = finite.mean(at::kDouble).item<double>();
  }
  if (const std::int64_t lost = data.numel() - finite.numel(); lost > 0) json["not_finite"] = lost;
}

std::string format_of(const fs::path& path, const Volume& volume) {
  if (volume.header) return fmt::format("NIfTI-{}", volume.header->nifti().version);
  std::string suffix = path.extension().string();
  return suffix.empty() ? suffix : suffix.substr(1);
}

Json volume_info(const fs::path& path) {
  const Volume volume = read_volume(path);
  const std::array<double, 16> affine = ras_affine(volume.geometry);
  Json json{{"path", path.string()}, {"format", format_of(path, volume)}};
  json["shape"] = volume.data.sizes().vec();
  json["spacing"] = volume.geometry.spacing;
  json["spacing_unit"] = volume.geometry.known ? "mm" : "voxels";
  for (std::size_t row = 0; row < 4; ++row)
    json["voxel_to_ras"].push_back({affine[4 * row], affine[4 * row + 1], affine[4 * row + 2], affine[4 * row + 3]});
  add_values(json, volume.data);
  json["notes"] = volume.notes;
  return json;
}

Json h5_info(const fs::path& path) {
  Json json{{"path", path.string()}, {"format", "HDF5"}, {"keys", Json::object()}};
  for (const std::string& key : h5_keys(path)) {
    const at::Tensor data = read_h5(path, key);
    Json entry{{"shape", data.sizes().vec()}};
    add_values(entry, data);
    json["keys"][key] = std::move(entry);
  }
  return json;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const Json& part : value) parts.push_back(value_text(part));
  return join(parts, " ");
}

void print(const Json& json, int indent) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      std::fputs(fmt::format("{:{}}{}\n", "", indent, key).c_str(), stdout);
      print(value, indent + 2);
    } else if (value.is_array() && !value.empty() && (value.front().is_array() || value.front().is_string())) {
      for (const Json& row : value)
        std::fputs(fmt::format("{:{}}{:<14}{}\n", "", indent, &row == &value.front() ? key : "", value_text(row)).c_str(),
                   stdout);
    } else if (!value.is_array() || !value.empty()) {
      std::fputs(fmt::format("{:{}}{:<14}{}\n", "", indent, key, value_text(value)).c_str(), stdout);
    }
  }
}

int info(const std::vector<std::string>& args) {
  std::vector<std::string> files;
  CommandLine line("data info", "FILE... [--json]",
                   "Shows what a volume or HDF5 file holds: shape [C, D, H, W], spacing x y z, the matrix from voxel to world\n"
                   "(RAS, mm), type and range of values.");
  line.argument("FILE", files, "volumes (.nii, .nii.gz, .nrrd, .mha, .png, …) or .h5").needed();
  line.common({Common::json});
  line.example("plexus data info scan.nii.gz", "one scan");
  if (!line.parse(args)) return 0;

  ErrorList errors;
  Json all = Json::array();
  for (const std::string& file : files)
    errors.attempt([&] {
      const fs::path path = file;
      all.push_back(path.extension() == ".h5" || path.extension() == ".hdf5" ? h5_info(path) : volume_info(path));
      if (line.shared().json) return;
      print(all.back(), 0);
      std::fputs("\n", stdout);
    });
  if (line.shared().json) std::puts(all.dump(2).c_str());
  errors.raise();
  return 0;
}

int list(const std::vector<std::string>& args) {
  CommandLine line("data list", "[options]", "Lists the data sets that the plugins can read.");
  line.common({Common::plugin_path, Common::json});
  if (!line.parse(args)) return 0;
  Plugins plugins(line.shared().plugin_path);
  plugins.open_all();
  Table table({"data set", "plugin", "what it is"});
  Json all = Json::array();
  for (const Offer& offer : plugins.offers()) {
    if (offer.kind != "dataset") continue;
    table.add({offer.name, offer.plugin, offer.summary});
    all.push_back({{"name", offer.name}, {"plugin", offer.plugin}, {"summary", offer.summary}});
  }
  if (line.shared().json)
    std::puts(Json{{"datasets", all}}.dump(2).c_str());
  else
    std::fputs((table.text() + "'plexus plugins describe NAME' shows the options of one.\n").c_str(), stdout);
  return 0;
}

}  // namespace

int data_command(const std::vector<std::string>& args) {
  return dispatch("plexus data", "Data sets, and the files they are made of.",
                  {{"list", "data sets that can be read", list},
                   {"info", "what a volume or HDF5 file holds", info},
                   {"phantom", "writes synthetic cases with known truth", phantom}},
                  args);
}

}  // namespace plexus
