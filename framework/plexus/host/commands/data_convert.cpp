#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/data/volume_format.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/host/commands/batch_options.hpp>
#include <plexus/host/commands/data_tools.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

bool is_h5_name(const fs::path& path) { return path.extension() == ".h5"; }
// Formats that may hold image and label in one file.
bool holds_arrays(const fs::path& path) { return is_h5_name(path) || path.extension() == ".npz"; }

// Numbers stay of the type that they are stored in, wherever the other format has it.
void convert_volume(const fs::path& from, const fs::path& to, bool label, ReadOptions reading) {
  reading.label = label;
  const Volume volume = read_volume(from, reading);
  for (const std::string& note : volume.notes) log::warning(from.string() + ": " + note);
  const at::Tensor data = volume.data.size(0) == 1 ? volume.data[0] : volume.data;
  if (!label) return write_image(to, data, volume.geometry, volume.header.get());
  if (data.dim() != 3)
    throw Error(ErrorKind::data, fmt::format("has {} channels; a label map has one", data.size(0)), from.string());
  write_label(to, data, volume.geometry, volume.header.get());
}

// The files that one case becomes.
struct Names {
  fs::path image, label;
};

Names names_of(const CaseFiles& files, const fs::path& output, const std::string& format, bool one_file, bool pairs) {
  if (one_file) return {output, ""};
  const std::string name = safe_name(files.id) + format;
  if (format == ".h5") return {output / name, ""};
  return pairs ? Names{output / "images" / name, output / "labels" / name} : Names{output / name, ""};
}

void convert(const CaseFiles& files, const Names& names, bool as_labels, const ReadOptions& reading) {
  if (as_labels && !is_h5_name(names.image) && files.images.size() == 1)
    return convert_volume(files.images.front(), names.image, true, reading);
  if (is_h5_name(names.image) || holds_arrays(files.images.front()) || files.images.size() > 1) {
    std::vector<std::string> notes;
    const Sample sample = read_case(files, notes, reading);
    if (is_h5_name(names.image)) {
      write_case_h5(names.image, sample, "float32");
      return;
    }
    for (const std::string& note : notes) log::warning(note);
    write_case_image(names.image, sample, "float32");
    if (!sample.fields.count("label")) return;
    if (names.label.empty())
      log::warning(files.images.front() + ": the label beside the image is left out; give a folder, or --as-labels for the label alone");
    else
      write_case_label(names.label, sample);
    return;
  }
  convert_volume(files.images.front(), names.image, false, reading);
  if (!files.label.empty() && !names.label.empty()) convert_volume(files.label, names.label, true, reading);
}

}  // namespace

int data_convert(const std::vector<std::string>& args) {
  DataInputs inputs;
  fs::path output;
  std::string format = ".nii.gz";
  bool as_labels = false;
  CommandLine line(
      "data convert", "IN... -o OUT [options]",
      "Writes volumes in another format. Voxels stay as they are, and so does where they lie, as far as the format can say it;\n"
      "64-bit numbers become float32, and so does all that is written to .h5. OUT is a file for one volume, else a folder; labels that belong to images go to OUT/labels.");
  inputs.declare(line);
  line.option("output", 'o', output, "OUT", "a file whose suffix names the format, or a folder").needed();
  line.option("format", 'f', format, "SUFFIX", "of the files in the folder: .nii.gz, .nii, .nrrd, .mha, .h5, …");
  line.flag("as-labels", '\0', as_labels, "the volumes are label maps");
  line.common({Common::case_jobs, Common::memory_limit, Common::overwrite});
  line.example("plexus data convert scan.nrrd -o scan.nii.gz", "one volume");
  line.example("plexus data convert dicom-series -o out", "a DICOM series, as out/dicom-series.nii.gz");
  if (!line.parse(args)) return 0;
  if (!format.starts_with(".")) format = "." + format;
  if (!is_volume_file("case" + format))
    throw Error(ErrorKind::usage, "--format: no volume format has the suffix '" + format + "'");

  if (!output.extension().empty() && !is_volume_file(output) && !fs::is_directory(output))
    throw Error(ErrorKind::usage, "no volume format that is written has this suffix; " + volume_formats_text(), output.string(),
                "name a file with one of these, or a folder without a suffix");
  const FoundCases found = inputs.find();
  const ReadOptions reading = inputs.reading.options();
  const bool one_file = is_volume_file(output) && !fs::is_directory(output);
  if (one_file && found.cases.size() != 1)
    throw Error(ErrorKind::usage, fmt::format("{} volumes do not go into one file", found.cases.size()), output.string(),
                "give a folder");
  const bool pairs = std::any_of(found.cases.begin(), found.cases.end(),
                                 [](const CaseFiles& one) { return !one.label.empty() || holds_arrays(one.images.front()); });
  BatchSettings settings = batch_settings(line);
  settings.target = one_file ? fs::absolute(output).parent_path() : output;
  settings.attempts = 1;
  const BatchResult result = look_at_cases(found, reading, "convert", settings, 5, [&](const CaseFiles& files) {
    const Names names = names_of(files, output, format, one_file, pairs);
    for (const fs::path& file : {names.image, names.label}) {
      if (file.empty()) continue;
      if (fs::exists(file) && !line.shared().overwrite)
        throw Error(ErrorKind::configuration, "is there already", file.string(), "give --overwrite, or another place");
      make_folder(fs::absolute(file).parent_path());
    }
    convert(files, names, as_labels, reading);
    return BatchWork::Outcome{};
  });
  log::info(fmt::format("{} of {} in {}", result.made, counted(found.cases.size(), "case"), output.string()));
  if (result.failed == 0) return 0;
  return exit_code(result.failed == result.cases.size() ? result.cases.front().error_kind : ErrorKind::cases);
}

}  // namespace plexus
