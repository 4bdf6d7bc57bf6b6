#include <ATen/Parallel.h>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/run_options.hpp>
#include <plexus/host/plugins.hpp>

namespace plexus {

RunSettings run_settings(const CommandLine& line, const std::filesystem::path& folder) {
  const CommonOptions& common = line.shared();
  RunSettings settings;
  if (!folder.empty()) settings.folder = std::filesystem::absolute(folder).lexically_normal();
  if (!folder.empty() && !settings.folder.has_filename()) settings.folder = settings.folder.parent_path();
  settings.device = common.device;
  settings.jobs = common.jobs;
  settings.compute_threads = common.compute_threads;
  settings.resume = common.resume == "never" ? ResumeMode::never : common.resume == "must" ? ResumeMode::must : ResumeMode::automatic;
  settings.overwrite = common.overwrite;
  settings.keep_going = !common.fail_fast;
  settings.dry_run = common.dry_run;
  settings.deterministic = common.deterministic;
  if (common.compute_threads > 0) at::set_num_threads(common.compute_threads);
  return settings;
}

int execute_pipeline(const CommandLine& line, const std::filesystem::path& file, const std::filesystem::path& output,
                     const std::vector<std::string>& only, const std::string& verb, const std::vector<std::string>& args) {
  Node tree = read_pipeline(file, line.shared().set);
  if (line.shared().seed) set_value(tree, "seed=" + std::to_string(*line.shared().seed));
  Plugins plugins(line.shared().plugin_path);
  Pipeline pipeline(tree, plugins, file.stem().string());

  RunSettings settings = run_settings(line, output.empty() ? std::filesystem::path("runs") / safe_name(pipeline.settings().name) : output);
  settings.only = only;
  settings.command_line = {"plexus", verb};
  settings.command_line.insert(settings.command_line.end(), args.begin(), args.end());
  settings.pipeline_text = read_file(file);
  settings.pipeline_file = std::filesystem::absolute(file).lexically_normal();
  settings.tree = tree;
  Run run(pipeline, plugins, settings);
  const std::int64_t failed = run.execute();
  if (settings.dry_run) return 0;
  log::open_files("");
  const auto report = settings.folder / "report.html";
  log::info(std::filesystem::exists(report) ? "results are in " + settings.folder.string() + "; open " + report.string()
                                            : "results are in " + settings.folder.string());
  if (failed == 0) return 0;
  log::error(counted(static_cast<std::uint64_t>(failed), "case") + " failed; " + (settings.folder / "log.txt").string() + " says why");
  return exit_code(ErrorKind::cases);
}

int run_command(const std::vector<std::string>& args) {
  std::filesystem::path file, output;
  std::vector<std::string> only;
  CommandLine line("run", "PIPELINE [options]",
                   "Executes a pipeline file: every stage that is not yet done, and only those. A run that was stopped goes on "
                   "where it was.");
  line.argument("pipeline", file, "the pipeline file, YAML or JSON").needed();
  line.option("output", 'o', output, "DIR", "run folder; default: runs/NAME of the pipeline");
  line.option("only", '\0', only, "STAGE", "only this stage, or this kind of stages; repeatable");
  line.common({Common::set, Common::device, Common::jobs, Common::compute_threads, Common::seed, Common::deterministic, Common::resume,
               Common::overwrite, Common::dry_run, Common::keep_going, Common::plugin_path});
  line.example("plexus run pipelines/quickstart.yaml", "phantom data, training, prediction, evaluation, report");
  line.example("plexus run mine.yaml --set train.trainer.base_lr=0.02 -o runs/b", "with another learning rate, in another folder");
  if (!line.parse(args)) return 0;
  return execute_pipeline(line, file, output, only, "run", args);
}

int train_command(const std::vector<std::string>& args) {
  std::filesystem::path file, output;
  CommandLine line("train", "-c PIPELINE [options]", "Executes the train stages of a pipeline file, and what prepares their data.");
  line.option("config", 'c', file, "FILE", "the pipeline file").needed();
  line.option("output", 'o', output, "DIR", "run folder; default: runs/NAME of the pipeline");
  line.common({Common::set, Common::device, Common::jobs, Common::compute_threads, Common::seed, Common::deterministic, Common::resume,
               Common::overwrite, Common::dry_run, Common::plugin_path});
  line.example("plexus train -c pipelines/la-diffrect.yaml --set data.root=LA", "train on the left-atrium volumes in the folder LA");
  if (!line.parse(args)) return 0;
  return execute_pipeline(line, file, output, {"prepare", "train"}, "train", args);
}

}  // namespace plexus
