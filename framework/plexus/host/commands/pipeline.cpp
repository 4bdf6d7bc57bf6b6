#include <iostream>
#include <map>
#include <memory>

#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/pipeline.hpp>
#include <plexus/host/plugins.hpp>
#include <plexus/host/reference.hpp>
#include <plexus/host/schema.hpp>
#include <plexus/host/stage_options.hpp>

namespace plexus {
namespace {

int validate(const std::vector<std::string>& args) {
  std::filesystem::path file;
  CommandLine line("pipeline validate", "PIPELINE [options]", "Checks a pipeline file against the plugins it names; prints every error.");
  line.argument("pipeline", file, "the pipeline file").needed();
  line.common({Common::set, Common::plugin_path});
  if (!line.parse(args)) return 0;
  const Node tree = read_pipeline(file, line.shared().set);
  Plugins plugins(line.shared().plugin_path);
  const Pipeline pipeline(tree, plugins, file.stem().string());
  std::cout << file.string() << ": valid, " << pipeline.stages().size() << " stages\n";
  return 0;
}

// Every leaf with where its value comes from: "train.trainer.lr = 0.01    mine.yaml:12:9".
void print_origins(const Node& resolved, const Node* given, const std::string& key) {
  if (resolved.is_map()) {
    for (const auto& [name, value] : resolved.entries())
      print_origins(value, given != nullptr && given->is_map() ? given->find(name) : nullptr, key.empty() ? name : key + "." + name);
    return;
  }
  if (resolved.is_list() && !resolved.items().empty() && !resolved.items()[0].is_scalar()) {
    for (std::size_t i = 0; i < resolved.items().size(); ++i)
      print_origins(resolved.items()[i], given != nullptr && given->is_list() && i < given->items().size() ? &given->items()[i] : nullptr,
                    key + "." + std::to_string(i));
    return;
  }
  // An option knows itself who gave it; what is no option has the place where it is written.
  std::string origin = resolved.origin();
  if (origin.empty() && given != nullptr) origin = given->at().file.empty() ? given->origin() : given->at().text();
  if (origin.empty()) origin = "default";
  std::cout << key << " = " << resolved.json() << "    " << origin << "\n";
}

int show(const std::vector<std::string>& args) {
  std::filesystem::path file;
  bool origin = false;
  CommandLine line("pipeline show", "PIPELINE [options]", "Prints a pipeline with every option and its value.");
  line.argument("pipeline", file, "the pipeline file").needed();
  line.flag("origin", '\0', origin, "where each value comes from: file, --set, preset or default");
  line.common({Common::set, Common::json, Common::plugin_path});
  if (!line.parse(args)) return 0;
  const Node tree = read_pipeline(file, line.shared().set);
  Plugins plugins(line.shared().plugin_path);
  const Pipeline pipeline(tree, plugins, file.stem().string());
  if (origin)
    print_origins(pipeline.resolved(), &tree, "");
  else
    std::cout << (line.shared().json ? pipeline.resolved().json(2) + "\n" : to_yaml(pipeline.resolved()));
  return 0;
}

// The declarations of every kind of stage, for the schema.
struct Declared {
  PipelineSettings top_settings;
  PrepareStage prepare_settings;
  TrainStage train_settings;
  GenerateStage generate_settings;
  PredictStage predict_settings;
  EvaluateStage evaluate_settings;
  ReportStage report_settings;
  Options top, prepare, train, generate, predict, evaluate, report;
  Declared() {
    top_settings.declare(top);
    prepare_settings.declare(prepare);
    train_settings.declare(train);
    generate_settings.declare(generate);
    predict_settings.declare(predict);
    evaluate_settings.declare(evaluate);
    report_settings.declare(report);
  }
  std::vector<StageKind> kinds() const {
    return {{"prepare", "turns files into other files", &prepare, {{"step", "preprocessor"}}},
            {"train", "trains a model", &train,
             {{"data", "dataset"}, {"model", "model"}, {"trainer", "trainer"}, {"preprocess", "transform", true}, {"transforms", "transform", true}, {"metrics", "metric", true}}},
            {"generate", "lets a model make samples", &generate,
             {{"data", "dataset"}, {"model", "model"}, {"transforms", "transform", true}}},
            {"predict", "lets a model segment cases", &predict, {{"data", "dataset"}, {"model", "model"}}},
            {"evaluate", "compares predictions with the truth", &evaluate, {{"data", "dataset"}, {"metrics", "metric", true}}},
            {"report", "writes report.html", &report, {}}};
  }
};

int describe_stages(const std::vector<std::string>& args) {
  std::string name;
  bool markdown = false;
  CommandLine line("pipeline describe", "[STAGE] [options]",
                   "Shows every option of the stages, the training engine's among those of `train`: type, unit, default, range, meaning.");
  line.argument("STAGE", name, "prepare, train, generate, predict, evaluate or report; default: all");
  line.flag("markdown", '\0', markdown, "print a page of the reference manual");
  line.common({Common::json});
  line.example("plexus pipeline describe train", "precision, batch norm, averages, checkpoints and all else of the engine");
  if (!line.parse(args)) return 0;
  const std::map<std::string, Options Declared::*> options{{"prepare", &Declared::prepare},   {"train", &Declared::train},
                                                           {"generate", &Declared::generate}, {"predict", &Declared::predict},
                                                           {"evaluate", &Declared::evaluate}, {"report", &Declared::report}};
  std::vector<Offer> offers;
  std::vector<std::string> names;
  for (const auto& kind : Declared().kinds()) {
    names.push_back(kind.name);
    if (!name.empty() && name != kind.name) continue;
    // They lie in what declares them, and keep it alive.
    const auto declared = [member = options.at(kind.name)] {
      const auto all = std::make_shared<Declared>();
      return std::shared_ptr<Options>(all, &((*all).*member));
    };
    offers.push_back({.plugin = "plexus", .kind = "stage", .name = kind.name, .summary = kind.summary, .options = declared});
  }
  if (offers.empty()) throw Error(ErrorKind::usage, "there is no stage '" + name + "'" + did_you_mean(name, names));
  std::cout << (markdown ? reference_markdown(offers) : line.shared().json ? reference_json(offers) : reference_text(offers));
  return 0;
}

int schema(const std::vector<std::string>& args) {
  CommandLine line("pipeline schema", "[options]", "Prints the JSON schema of pipeline files, with the options of every plugin that is found.");
  line.common({Common::plugin_path});
  if (!line.parse(args)) return 0;
  Plugins plugins(line.shared().plugin_path);
  const Declared declared;
  std::cout << pipeline_schema(plugins, declared.kinds(), declared.top) << "\n";
  return 0;
}

}  // namespace

int pipeline_command(const std::vector<std::string>& args) {
  return dispatch("plexus pipeline", "Pipeline files.",
                  {{"validate", "checks a file and prints every error", validate},
                   {"show", "every option with its value, and where it comes from", show},
                   {"describe", "every option of the stages and of the training engine", describe_stages},
                   {"schema", "the JSON schema of pipeline files", schema}},
                  args);
}

}  // namespace plexus
