#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/data_tools.hpp>
#include <plexus/host/device.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

// The image alone: no step of the preparation may see a label that lies beside it.
Sample read_image(const CaseFiles& files, const ReadOptions& options, bool zero) {
  CaseFiles without_label = files;
  without_label.label.clear();
  std::vector<std::string> notes;
  Sample sample = read_case(without_label, notes, options);
  settle_not_finite(sample, zero, notes);
  for (const std::string& note : notes) log::info(note);
  sample.fields.erase("label");
  return sample;
}

// Masks are called as their scans: beside them they would take their place.
void refuse_own_folder(const FoundCases& found, const fs::path& output) {
  if (!fs::exists(output)) return;
  for (const CaseFiles& files : found.cases)
    for (const std::string& file : files.images)
      if (fs::exists(file) && fs::equivalent(fs::absolute(file).parent_path(), output))
        throw Error(ErrorKind::configuration, "holds the scans themselves, which masks of the same names would replace", output.string(),
                    "choose another output folder");
}

// A folder's record of what each mask was made with: those of other weights must not be kept for this call's.
constexpr const char* record_name = "predict.json";

nlohmann::json read_record(const fs::path& file) {
  if (!fs::exists(file)) return nlohmann::json::object();
  auto record = nlohmann::json::parse(read_file(file), nullptr, false);
  if (!record.is_object()) throw Error(ErrorKind::data, "is no record of predictions", file.string(), "remove it, and give --overwrite");
  return record;
}

void require_own_masks(const nlohmann::json& record, const FoundCases& found, const CaseWriter& writer, const nlohmann::json& own) {
  const char* const advice = "give --overwrite to replace it, or another folder with -o";
  for (const CaseFiles& files : found.cases) {
    if (!writer.has(files.id)) continue;
    const auto there = record.find(files.id);
    if (there == record.end() || !there->is_object())
      throw Error(ErrorKind::configuration, "is there already, and nothing says what it was made with", writer.label_file(files.id).string(), advice);
    std::vector<std::string> changed;
    for (const auto& [key, value] : own.items())
      if (key != "checkpoint" && there->value(key, nlohmann::json()) != value) changed.push_back(key == "sha256" ? "checkpoint" : key);
    if (!changed.empty())
      throw Error(ErrorKind::configuration, "was made with another " + join(changed, ", "), writer.label_file(files.id).string(), advice);
  }
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
  std::string model, weights = "raw", format = "nifti", not_finite = "error";
  fs::path checkpoint, output;
  DataInputs inputs;
  std::int64_t channels = 1, classes = 0;
  CommandLine line("predict", "--checkpoint FILE -i IN -o OUT [options]",
                   "Predicts from scans of your own with trained weights. Masks and maps come back on each scan's own grid, as\n"
                   "CASE.nii.gz, or as CASE.dcm (DICOM-SEG) for DICOM series; numbers in values.csv. Of scans that --on-shear\n"
                   "straightened, on the straight grid.");
  line.option("model", 'm', model, "NAME", "the method; needed for the authors' files, known for ours");
  line.option("checkpoint", '\0', checkpoint, "FILE", "weights: a checkpoint of ours, or the authors' .pth").needed();
  line.option("input", 'i', inputs.paths, "PATH",
              "a scan, the folder of a DICOM series, a folder of scans, a pattern, .txt list or .csv table; repeatable")
      .needed();
  line.option("output", 'o', output, "DIR", "folder for what is predicted").needed();
  line.option("format", '\0', format, "FORMAT", "of the masks: nifti, or dicom-seg for DICOM series").one_of({"nifti", "dicom-seg"});
  inputs.declare_reading(line);
  line.option("not-finite", '\0', not_finite, "HOW", "scans with NaN or infinite voxels: error (that scan fails), or zero (0 is put there)")
      .one_of({"error", "zero"});
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
  const ReadOptions reading = inputs.reading.options();
  const FoundCases found = inputs.find();
  const auto scans = static_cast<std::int64_t>(found.cases.size());
  const at::Device device = open_device(line.shared().device);
  Plugins plugins(line.shared().plugin_path);
  const TrainedModel trained = load_any(plugins, checkpoint, settings, plain_info(channels, classes), weights, device);

  refuse_own_folder(found, output);
  CaseWriter writer(output, trained.preprocess);
  if (format == "dicom-seg") writer.use_dicom_seg(names_of(trained));
  if (!line.shared().overwrite) writer.keep_values();
  const nlohmann::json own{{"checkpoint", fs::absolute(checkpoint).string()}, {"sha256", sha256_file(checkpoint)}, {"weights", weights},
                           {"options", settings.json()}, {"seed", line.shared().seed.value_or(0)}, {"not_finite", not_finite},
                           {"on_shear", inputs.reading.on_shear()}};
  nlohmann::json record = read_record(output / record_name);
  if (!line.shared().overwrite) require_own_masks(record, found, writer, own);
  for (const CaseFiles& files : found.cases) {
    record[files.id] = own;
    // What is to be made anew must not pass for this call's where the call ends before.
    if (line.shared().overwrite) fs::remove(writer.label_file(files.id));
  }
  write_file(output / record_name, record.dump(1) + "\n");
  HostContext context(prediction_key(line.shared().seed.value_or(0)), device);
  Progress progress("predict", scans, "scans");
  std::int64_t failed = 0, kept = 0;
  ErrorKind first_failure = ErrorKind::cases;
  for (const CaseFiles& files : found.cases) {
    throw_if_stopped();
    if (!line.shared().overwrite && writer.has(files.id)) {
      ++kept;
      progress.advance();
      continue;
    }
    try {
      Sample sample = read_image(files, reading, not_finite == "zero");
      Rng rng = context.key().fork(sample.id);
      prepare_sample(sample, trained.preprocess, rng);
      writer.write(sample, predict_scan(trained, sample, context));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data || line.shared().fail_fast) throw;
      log::error("scan " + files.id + ": " + error.what());
      first_failure = error.kind();
      ++failed;
    }
    progress.advance(1, files.id);
  }
  progress.finish();
  writer.finish();
  if (kept > 0) log::info(std::to_string(kept) + " scans were predicted already and are kept; --overwrite makes them anew");
  log::info(std::to_string(scans - failed - kept) + " predictions written to " + output.string());
  if (failed == 0) return 0;
  return exit_code(failed == scans ? first_failure : ErrorKind::cases);
}

}  // namespace plexus
