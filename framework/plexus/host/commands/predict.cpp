#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/device.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

// Files and DICOM folders are taken as they are; of other folders, the volumes in them, sorted.
std::vector<fs::path> input_files(const std::vector<std::string>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path input : inputs) {
    if (fs::is_directory(input)) {
      const std::vector<fs::path> found = volumes_in(input);
      if (found.empty()) throw Error(ErrorKind::data, "holds no volumes", input.string(), volume_formats_text());
      files.insert(files.end(), found.begin(), found.end());
    } else if (fs::exists(input)) {
      files.push_back(input);
    } else {
      throw Error(ErrorKind::data, "does not exist", input.string());
    }
  }
  return files;
}

Sample read_image(const fs::path& file, const ReadOptions& options) {
  const Volume volume = read_volume(file, options);
  for (const std::string& note : volume.notes) log::info(file.string() + ": " + note);
  Sample sample;
  sample.id = sample.case_id = volume_stem(file);
  sample.fields["image"] = volume.data.to(at::kFloat);
  sample.geometry = volume.geometry;
  sample.header = volume.header;
  return sample;
}

// By the ids that masks are written with: those before preparing.
std::map<std::int64_t, std::string> names_of(const TrainedModel& trained) {
  std::map<std::int64_t, std::string> names;
  for (const Label& label : trained.info.labels)
    names[restore_label(at::tensor({label.id}, at::kLong), Sample(), trained.preprocess).item<std::int64_t>()] = label.name;
  return names;
}

}  // namespace

int predict_command(const std::vector<std::string>& args) {
  std::string model, weights = "raw", format = "nifti";
  ReadOptions reading;
  fs::path checkpoint, output;
  std::vector<std::string> inputs;
  std::int64_t channels = 1, classes = 0;
  CommandLine line("predict", "--checkpoint FILE -i IN -o OUT [options]",
                   "Predicts from scans of your own with trained weights. Masks and maps come back on each scan's own grid, as\n"
                   "CASE.nii.gz, or as CASE.dcm (DICOM-SEG) for DICOM series; numbers in values.csv.");
  line.option("model", 'm', model, "NAME", "the method; needed for the authors' files, known for ours");
  line.option("checkpoint", '\0', checkpoint, "FILE", "weights: a checkpoint of ours, or the authors' .pth").needed();
  line.option("input", 'i', inputs, "PATH", "a scan, the folder of a DICOM series, or a folder of scans; repeatable").needed();
  line.option("output", 'o', output, "DIR", "folder for what is predicted").needed();
  line.option("format", '\0', format, "FORMAT", "of the masks: nifti, or dicom-seg for DICOM series").one_of({"nifti", "dicom-seg"});
  line.option("series", '\0', reading.series, "UID", "the series of a DICOM folder; default: the one of the most slices");
  line.flag("uneven", '\0', reading.uneven, "read DICOM series with missing slices or mixed spacing, with a note");
  line.option("channels", '\0', channels, "N", "channels of the scans, for the authors' files");
  line.option("classes", '\0', classes, "N", "classes with the background, for the authors' files; default: as the model's options say");
  line.option("weights", '\0', weights, "WHICH", "weights of our checkpoint: raw, or ema (averaged)").one_of({"raw", "ema"});
  line.common({Common::set, Common::device, Common::compute_threads, Common::seed, Common::overwrite, Common::keep_going, Common::plugin_path});
  line.example("plexus predict --checkpoint runs/a/checkpoints/best.pth -i scans -o masks", "a folder of scans, with our own weights");
  line.example("plexus predict -m diffrect --set preset=acdc --checkpoint unet_best_model.pth -i scan.nii.gz -o masks", "with the authors' weights");
  if (!line.parse(args)) return 0;

  Node settings = model.empty() ? Node() : Node::map({{"plugin", Node::scalar(model)}});
  for (const std::string& assignment : line.shared().set) set_value(settings, assignment);
  at::set_num_threads(line.shared().compute_threads);
  const std::vector<fs::path> files = input_files(inputs);
  const at::Device device = open_device(line.shared().device);
  Plugins plugins(line.shared().plugin_path);
  const TrainedModel trained = load_any(plugins, checkpoint, settings, plain_info(channels, classes), weights, device);

  CaseWriter writer(output, trained.preprocess);
  if (format == "dicom-seg") writer.use_dicom_seg(names_of(trained));
  if (!line.shared().overwrite) writer.keep_values();
  HostContext context(prediction_key(line.shared().seed.value_or(0)), device);
  Progress progress("predict", static_cast<std::int64_t>(files.size()), "scans");
  std::int64_t failed = 0, kept = 0;
  ErrorKind first_failure = ErrorKind::cases;
  for (const fs::path& file : files) {
    throw_if_stopped();
    if (!line.shared().overwrite && writer.has(volume_stem(file))) {
      ++kept;
      progress.advance();
      continue;
    }
    try {
      Sample sample = read_image(file, reading);
      Rng rng = context.key().fork(sample.id);
      prepare_sample(sample, trained.preprocess, rng);
      writer.write(sample, predict_case(*trained.model, sample, context));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data || line.shared().fail_fast) throw;
      log::error(error.what());
      first_failure = error.kind();
      ++failed;
    }
    progress.advance(1, file.filename().string());
  }
  progress.finish();
  writer.finish();
  if (kept > 0) log::info(std::to_string(kept) + " scans were predicted already and are kept; --overwrite makes them anew");
  log::info(std::to_string(static_cast<std::int64_t>(files.size()) - failed - kept) + " predictions written to " + output.string());
  if (failed == 0) return 0;
  return exit_code(failed == static_cast<std::int64_t>(files.size()) ? first_failure : ErrorKind::cases);
}

}  // namespace plexus
