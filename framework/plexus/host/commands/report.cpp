#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/run_options.hpp>
#include <plexus/host/plugins.hpp>

namespace plexus {
namespace {

// As if it were written in that file: relative paths are meant from where it lies.
void place_in(Node& node, const std::string& file) {
  Location at = node.at();
  at.file = file;
  node.set_at(at);
  for (Node& item : node.items()) place_in(item, file);
  for (auto& [key, value] : node.entries()) place_in(value, file);
}

}  // namespace

int report_command(const std::vector<std::string>& args) {
  std::filesystem::path folder;
  CommandLine line("report", "RUN [options]", "Writes report.html of a run folder anew, from what its stages left.");
  line.argument("run", folder, "the run folder").needed();
  line.common({Common::plugin_path});
  line.example("plexus report runs/la-diffrect", "");
  if (!line.parse(args)) return 0;
  if (!std::filesystem::exists(folder / "pipeline.json"))
    throw Error(ErrorKind::data, "is no run folder: it has no pipeline.json", folder.string(), "give the folder that `plexus run` wrote");
  Node tree = read_pipeline_file(folder / "pipeline.json");
  const auto run_record = nlohmann::json::parse(read_file(folder / "run.json"), nullptr, false);
  if (run_record.is_object() && run_record.contains("pipeline_file")) place_in(tree, run_record["pipeline_file"].get<std::string>());
  Node* stages = tree.find("stages");
  bool has_report = false;
  for (const Node& stage : stages->items()) has_report = has_report || stage.find("report") != nullptr;
  if (!has_report) stages->items().push_back(Node::map({{"report", Node::map({})}}));
  Plugins plugins(line.shared().plugin_path);
  Pipeline pipeline(tree, plugins, folder.filename().string());
  RunSettings settings = run_settings(line, folder);
  settings.only = {"report"};
  settings.overwrite = true;
  settings.only_look = true;
  settings.command_line = {"plexus", "report"};
  settings.command_line.insert(settings.command_line.end(), args.begin(), args.end());
  settings.pipeline_text = read_file(folder / "pipeline.yaml");
  settings.tree = tree;
  Run run(pipeline, plugins, settings);
  run.execute();
  return 0;
}

}  // namespace plexus
