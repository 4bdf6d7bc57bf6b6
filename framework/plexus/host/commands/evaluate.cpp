#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/evaluation.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/host/trained_model.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

at::Tensor read_labels(const fs::path& file) {
  const at::Tensor data = read_volume(file).data;
  if (data.size(0) != 1) throw Error(ErrorKind::data, "has several channels; a label map has one", file.string());
  // Labels stored as 0.9999 mean 1.
  return (data.is_floating_point() ? data.round() : data).squeeze(0).to(at::kLong);
}

}  // namespace

int evaluate_command(const std::vector<std::string>& args) {
  fs::path predictions, references, output;
  std::vector<std::string> names;
  CommandLine line("evaluate", "-p PREDICTIONS -r REFERENCES [options]",
                   "Compares label maps with the truth, file by file of the same name; prints a table.");
  line.option("predictions", 'p', predictions, "DIR", "folder of predicted label maps").needed();
  line.option("references", 'r', references, "DIR", "folder of true label maps").needed();
  line.option("output", 'o', output, "DIR", "folder for cases.csv and summary.json; default: the folder of the predictions");
  line.option("metric", '\0', names, "NAME", "dice, jaccard, hd95, asd, …; repeatable; default: those four");
  line.common({Common::jobs, Common::overwrite, Common::plugin_path});
  line.example("plexus evaluate -p masks -r truth", "Dice, Jaccard, HD95 and ASD of every class");
  if (!line.parse(args)) return 0;

  for (const fs::path& folder : {predictions, references})
    if (!fs::is_directory(folder)) throw Error(ErrorKind::data, "is no folder", folder.string());
  const fs::path folder = output.empty() ? predictions : output;
  if (!line.shared().overwrite && fs::exists(folder / "cases.csv"))
    throw Error(ErrorKind::configuration, "holds an evaluation already", folder.string(), "give --overwrite, or another folder with -o");
  const auto predicted = volumes_by_name(predictions);
  const auto truths = volumes_by_name(references);
  std::vector<std::pair<std::string, fs::path>> pairs;
  for (const auto& [name, file] : truths) pairs.emplace_back(name, file);
  if (pairs.empty()) throw Error(ErrorKind::data, "holds no volumes", references.string());

  // The classes are those of the truth.
  std::int64_t highest = 1;
  for (const auto& [name, file] : pairs) highest = std::max(highest, read_labels(file).max().item<std::int64_t>());
  const DataInfo info = plain_info(1, highest + 1);

  Plugins plugins(line.shared().plugin_path);
  std::vector<Node> list;
  for (const std::string& name : names) list.push_back(Node::scalar(name));
  const auto metrics = make_metrics(metric_parts(plugins, list, "--metric"), info);
  std::vector<CaseResult> cases(pairs.size());
  tbb::task_arena arena(std::max(1, line.shared().jobs));
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, pairs.size(), [&](std::size_t i) {
      const auto& [name, file] = pairs[i];
      cases[i] = evaluate_case(name, metrics, [&, &name = name, &file = file] {
        const auto found = predicted.find(name);
        if (found == predicted.end()) throw Error(ErrorKind::data, "has no prediction", name);
        std::pair<Prediction, Sample> both;
        both.first.fields["label"] = read_labels(found->second);
        both.second.fields["label"] = read_labels(file);
        std::vector<std::int64_t> shape;
        both.second.geometry = read_volume_geometry(file, shape).geometry;
        if (both.first.fields["label"].sizes() != both.second.fields["label"].sizes())
          throw Error(ErrorKind::data, "has another grid than its truth", found->second.string());
        return both;
      });
      cases[i].reference_file = file.string();
      if (const auto found = predicted.find(name); found != predicted.end()) cases[i].prediction_file = found->second.string();
    });
  });
  make_folder(folder);
  write_evaluation(folder, cases, metrics, info);
  std::cout << evaluation_table(cases, info, metrics);
  const auto failed = std::count_if(cases.begin(), cases.end(), [](const CaseResult& result) { return !result.error.empty(); });
  for (const CaseResult& result : cases)
    if (!result.error.empty()) log::error(result.error);
  log::info("results are in " + (folder / "cases.csv").string() + " and " + (folder / "summary.json").string());
  return failed == 0 ? 0 : exit_code(ErrorKind::cases);
}

}  // namespace plexus
