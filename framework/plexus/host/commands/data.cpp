#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/data_tools.hpp>
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
  BatchSettings batch;
  batch.target = output;
  batch.jobs = shared.jobs;
  batch.fail_fast = shared.fail_fast;
  const Prepared prepared = prepare(*preprocessor, "", Rng(shared.seed.value_or(0)).fork("prepare"), batch);
  log::info(fmt::format("{} case(s) of '{}' are in {}; 'plexus data info' shows a file", prepared.done.size(), kind,
                        output.string()));
  return prepared.failed.empty() ? 0 : exit_code(ErrorKind::cases);
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
                   {"info", "what a volume holds", data_info},
                   {"verify", "checks cases: geometry, label values, NaN, empty ones, duplicates", data_verify},
                   {"fingerprint", "sizes, spacing, intensities and labels of a data set", data_fingerprint},
                   {"convert", "writes volumes in another format", data_convert},
                   {"phantom", "writes synthetic cases with known truth", phantom}},
                  args);
}

}  // namespace plexus
