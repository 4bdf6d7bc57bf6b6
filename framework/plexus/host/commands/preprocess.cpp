#include <cstdio>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/batch_summary.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/batch_options.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/reading_options.hpp>
#include <plexus/host/pipeline.hpp>
#include <plexus/host/preprocess.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// Says what would be done: cases, and the memory that they need.
void tell_plan(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings, const FoundCases& found) {
  const auto waiting = outstanding(jobs, work, settings);
  std::uint64_t most = 0;
  std::size_t broken = 0;
  for (const std::size_t index : waiting) {
    try {
      most = std::max(most, work.bytes(jobs[index]));
    } catch (const Error& error) {
      ++broken;
      log::warning("case " + jobs[index].id + ": " + error.what());
    }
  }
  log::info(fmt::format("{} (layout {}): {} would be done, {} are settled; the largest needs about {} of memory{}",
                        counted(jobs.size(), "case"), found.layout, waiting.size(), jobs.size() - waiting.size(), human_bytes(most),
                        broken > 0 ? fmt::format("; {} cannot be read", broken) : ""));
}

void tell_result(const BatchResult& result, const BatchSettings& settings, const fs::path& config, bool json) {
  const std::size_t done = result.made + result.kept;
  if (json)
    std::puts(nlohmann::ordered_json{{"done", done},
                                     {"made", result.made},
                                     {"kept", result.kept},
                                     {"failed", result.failed},
                                     {"seconds", result.seconds},
                                     {"output", settings.target.string()},
                                     {"summary", (settings.record / "summary.json").string()}}
                  .dump(2)
                  .c_str());
  if (result.failed > 0)
    log::error(
        fmt::format("{} of {} failed; {} says why. `plexus preprocess -c {} … --retry-quarantined` tries them again",
                    result.failed, counted(result.cases.size(), "case"), (settings.record / "quarantine.csv").string(), config.string()));
  log::info(fmt::format("{} in {}{}; open {}", counted(done, "case"), settings.target.string(),
                        result.kept > 0 ? fmt::format(" ({} were there already)", result.kept) : "",
                        (settings.record / "summary.html").string()));
}

}  // namespace

int preprocess_command(const std::vector<std::string>& args) {
  fs::path config, output;
  std::vector<std::string> inputs;
  std::string layout, shard_text = "1/1";
  std::int64_t attempts = 2;
  bool retry_quarantined = false;
  ReadingOptions reading;
  CommandLine line(
      "preprocess", "-c RECIPE -i IN -o OUT [options]",
      "Takes every case of a folder, list or data set through the steps of a recipe, on all cores, within a memory "
      "limit.\nKilled at any moment, the same command goes on; a second run does nothing. Broken cases are listed "
      "with the reason.");
  line.option("config", 'c', config, "FILE", "the recipe: its steps, in order, and what is written").needed();
  line.option("input", 'i', inputs, "IN", "folder, volume, pattern, .txt list, .csv (image, label, case); repeatable").needed();
  line.option("output", 'o', output, "DIR", "folder for the results; OUT/batch keeps the record and the summary").needed();
  line.option("layout", '\0', layout, "NAME", "how the cases lie there: " + join(case_layouts(), ", ") + "; default: as the recipe says")
      .one_of(case_layouts());
  reading.declare(line);
  line.option("shard", '\0', shard_text, "K/N", "do only the K-th of N equal parts: one a machine");
  line.option("attempts", '\0', attempts, "N", "at each case that fails");
  line.flag("retry-quarantined", '\0', retry_quarantined, "try cases again that failed before");
  line.common({Common::set, Common::case_jobs, Common::memory_limit, Common::seed, Common::resume, Common::overwrite,
               Common::dry_run, Common::keep_going, Common::plugin_path, Common::json});
  line.example("plexus preprocess -c share/recipes/ct-soft-tissue.yaml -i Task09_Spleen -o spleen", "a whole data set");
  line.example("plexus preprocess -c mine.yaml -i scans -o out --memory-limit 4G --shard 2/3", "the second of three machines");
  if (!line.parse(args)) return 0;
  const CommonOptions& shared = line.shared();
  const Shard shard = shard_option(shard_text);
  if (attempts < 1 || attempts > 100) throw Error(ErrorKind::usage, "--attempts: expected a number from 1 to 100");

  Node tree = read_pipeline(config, shared.set);
  if (shared.seed) set_value(tree, "seed=" + std::to_string(*shared.seed));
  const ReadOptions given = reading.options();
  if (line.given("series")) set_value(tree, "input.series=" + given.series);
  if (line.given("uneven")) set_value(tree, "input.uneven=true");
  if (line.given("on-shear")) set_value(tree, "input.on_shear=" + reading.on_shear());
  Plugins plugins(shared.plugin_path);
  const Recipe recipe(tree, plugins, config.stem().string());
  const FoundCases found = find_cases(inputs, layout.empty() ? recipe.input().layout : layout, recipe.input().bids());
  for (const std::string& note : found.notes) log::warning(note);
  const std::vector<Job> jobs = case_jobs(found, shard);

  BatchSettings settings = batch_settings(line);
  settings.target = output;
  settings.record = output / "batch";
  if (shard.of > 1) settings.record /= fmt::format("shard-{}-of-{}", shard.number, shard.of);
  settings.retry_quarantined = retry_quarantined;
  settings.attempts = static_cast<int>(attempts);
  settings.restart = true;
  const BatchWork work = recipe_work(recipe, found, output, recipe.fingerprint(plugins));
  if (shared.dry_run) {
    tell_plan(jobs, work, settings, found);
    return 0;
  }
  log::info(fmt::format("{}, layout {}{}", counted(jobs.size(), "case"), found.layout,
                        shard.of > 1 ? fmt::format(", part {} of {}", shard.number, shard.of) : ""));
  BatchResult result;
  try {
    result = run_batch(jobs, work, settings);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated)
      log::info("what is done is kept; the same command goes on");
    throw;
  }
  const bool news = result.made > 0 || result.failed > result.quarantined || !fs::exists(settings.record / "summary.html");
  if (news) {
    write_file(settings.record / "recipe.yaml", read_file(config));
    write_batch_summary(settings.record, recipe.name(), recipe.resolved().json(), result);
  }
  tell_result(result, settings, config, shared.json);
  if (result.failed == 0) return 0;
  return exit_code(result.failed == result.cases.size() ? result.cases.front().error_kind : ErrorKind::cases);
}

}  // namespace plexus
