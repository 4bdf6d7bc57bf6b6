#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/descriptor.hpp>
#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/table.hpp>
#include <plexus/host/child.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/plugins_check.hpp>
#include <plexus/host/plugin_check.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

const char* verdict_word(CheckVerdict verdict) {
  return verdict == CheckVerdict::passed ? "PASS" : verdict == CheckVerdict::failed ? "FAIL" : "left out";
}

// A folder of its own, removed at the end.
class CheckFolder {
 public:
  CheckFolder() {
    std::string name = (fs::temp_directory_path() / "plexus-check-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error(ErrorKind::resource, "no folder can be made", name);
    path = name;
  }
  CheckFolder(const CheckFolder&) = delete;
  CheckFolder& operator=(const CheckFolder&) = delete;
  ~CheckFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

CheckRow check_hostile(const fs::path& file, const std::vector<fs::path>& plugin_path) {
  std::vector<std::string> arguments{"plugins", "check", file.string(), "--probe"};
  for (const auto& folder : plugin_path) arguments.insert(arguments.end(), {"--plugin-path", folder.string()});
  const auto end = run_child(arguments, 120);
  if (end.exit_code == 0)
    return {"hostile", CheckVerdict::passed, counted(end.messages.size(), "value") + " that no one means: taken or refused in order"};
  return {"hostile", CheckVerdict::failed, end.text()};
}

std::vector<CheckRow> checked(const fs::path& file, fs::path pipeline, std::int64_t iterations,
                                const std::vector<fs::path>& plugin_path) {
  std::vector<CheckRow> rows;
  PluginDescriptor descriptor;
  try {
    descriptor = read_descriptor(file);
    const auto wrong = incompatibility(descriptor, host_descriptor());
    rows.push_back({"descriptor", wrong.empty() ? CheckVerdict::passed : CheckVerdict::failed,
                    wrong.empty() ? fmt::format("{} {}, interface {}.{}{}, {}", descriptor.name, descriptor.version, descriptor.api_major,
                                                descriptor.api_minor, descriptor.toolkit_digest.empty() ? " alone" : " and the toolkit",
                                                descriptor.summary)
                                  : wrong});
  } catch (const Error& error) {
    rows.push_back({"descriptor", CheckVerdict::failed, error.what()});
  }
  if (rows.back().verdict == CheckVerdict::failed) return rows;
  rows.push_back(check_symbols(file));
  Plugins plugins(plugin_path);
  std::vector<Offer> offers;
  try {
    offers = plugins.offers(descriptor.name);
    rows.push_back({"loads", CheckVerdict::passed, "offers " + counted(offers.size(), "object")});
  } catch (const Error& error) {
    rows.push_back({"loads", CheckVerdict::failed, error.what()});
    return rows;
  }
  for (auto& row : check_options(offers)) rows.push_back(std::move(row));
  rows.push_back(check_hostile(file, plugin_path));
  const CheckFolder scratch;
  if (pipeline.empty()) pipeline = file.parent_path() / (descriptor.name + ".smoke.yaml");
  if (!fs::exists(pipeline)) {
    const auto text = smoke_pipeline(offers);
    if (text.empty()) {
      rows.push_back({"trains", CheckVerdict::left_out, "no trainer has the preset `smoke`, and there is no " + pipeline.string()});
      return rows;
    }
    write_file(pipeline = scratch.path / "smoke.yaml", text);
  }
  for (auto& row : try_training({.pipeline = pipeline, .work = scratch.path, .plugin_path = plugin_path, .iterations = iterations}))
    rows.push_back(std::move(row));
  return rows;
}

}  // namespace

int plugins_check(const std::vector<std::string>& args) {
  fs::path file, pipeline;
  std::int64_t iterations = 60;
  bool probe = false;
  CommandLine line("plugins check", "FILE.so [options]",
                   "Tries a plugin: descriptor, symbols, options; and by a short training whether it repeats, resumes, stops and keeps to "
                   "its memory. The training is NAME.smoke.yaml beside the file, or one on phantom hearts with the presets `smoke`.");
  line.argument("FILE", file, "the plugin").needed();
  line.option("pipeline", 'c', pipeline, "FILE", "the training to try it by");
  line.option("iterations", '\0', iterations, "N", "optimiser steps of each training");
  line.flag("probe", '\0', probe, "only give its options values that no one means, each named on stderr before it is tried");
  line.common({Common::plugin_path, Common::json});
  line.example("plexus plugins check build/plugins/my_method.so", "a plugin of one's own, before it is given away");
  if (!line.parse(args)) return 0;
  if (!fs::exists(file)) throw Error(ErrorKind::plugin, "there is no such file", file.string());
  if (!fs::is_regular_file(file)) throw Error(ErrorKind::plugin, "is no file", file.string(), "name the plugin's .so file itself");
  if (iterations < 10) throw Error(ErrorKind::usage, "--iterations is at least 10");
  file = fs::absolute(file);
  // What is checked is this file, wherever others of its name lie.
  auto folders = line.shared().plugin_path;
  folders.insert(folders.begin(), file.parent_path());
  if (probe) {
    Plugins plugins(folders);
    const auto failed = try_hostile_values(plugins.offers(read_descriptor(file).name));
    for (const auto& one : failed) std::fprintf(stderr, "%s\n", one.c_str());
    return failed.empty() ? 0 : exit_code(ErrorKind::verification);
  }

  const auto rows = checked(file, pipeline, iterations, folders);
  std::size_t failed = 0;
  Table table({"check", "verdict", "detail"});
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    failed += row.verdict == CheckVerdict::failed ? 1 : 0;
    table.add({row.what, verdict_word(row.verdict), row.detail});
    json.push_back({{"check", row.what}, {"verdict", verdict_word(row.verdict)}, {"detail", row.detail}});
  }
  if (line.shared().json)
    std::puts(nlohmann::ordered_json{{"file", file.string()}, {"checks", json}, {"failed", failed}}.dump(2).c_str());
  else
    std::fputs(table.text().c_str(), stdout);
  if (failed > 0) log::error(counted(failed, "check") + " failed");
  return failed == 0 ? 0 : exit_code(ErrorKind::verification);
}

}  // namespace plexus
