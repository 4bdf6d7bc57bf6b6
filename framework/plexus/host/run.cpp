#include <algorithm>
#include <chrono>
#include <ctime>
#include <set>

#include <nlohmann/json.hpp>

#include <plexus/base/fault.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/device.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stage.hpp>
#include <plexus/sdk/version.hpp>
#include <torch/version.h>

namespace plexus {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string now() {
  const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// Name, size and time of change stand for a file's content: hashing gigabytes at each start would take longer than to skip.
// A file of the run itself goes by its place in the run folder, which may be called or moved otherwise.
std::string identity(const fs::path& file, const fs::path& run) {
  std::error_code failed;
  const auto inside = fs::absolute(file).lexically_normal().lexically_relative(run);
  const std::string called = inside.empty() || *inside.begin() == ".." ? file.string() : "RUN/" + inside.string();
  const auto size = fs::is_directory(file, failed) ? 0 : fs::file_size(file, failed);
  if (failed) return called + ":absent";
  const auto time = fs::last_write_time(file, failed).time_since_epoch().count();
  return called + ":" + std::to_string(size) + ":" + std::to_string(time);
}

// What the map names as `plugin`, at any depth.
void append_plugins(const Node& node, std::vector<std::string>& all) {
  for (const Node& item : node.items()) append_plugins(item, all);
  for (const auto& [key, value] : node.entries()) {
    if (key == "plugin" && value.is_scalar() && std::find(all.begin(), all.end(), value.text()) == all.end()) all.push_back(value.text());
    append_plugins(value, all);
  }
}

// For what is no Error, while it is handled: one of the plugins that the stage names did not see it coming, or Plexus did not.
[[noreturn]] void blame(const Stage& stage, const std::exception& error) {
  std::vector<std::string> plugins;
  append_plugins(stage.resolved(), plugins);
  if (is_memory_fault(error) || plugins.empty()) throw;
  throw Error(ErrorKind::internal, first_line(error), "stage " + stage.name(),
              "a fault of Plexus or of what the stage uses (" + join(plugins, ", ") +
                  "), not yours: please report it with the command line and this text");
}

template <class Work> void blaming(const Stage& stage, Work&& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    blame(stage, error);
  }
}

void flatten(const json& value, const std::string& key, std::map<std::string, std::string>& flat) {
  if (value.is_structured()) {
    for (const auto& [name, inner] : value.items()) flatten(inner, key.empty() ? name : key + "." + name, flat);
  } else {
    flat[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
}

// "trainer.lr: 0.01 -> 0.02, …", at most three.
std::string difference(const json& before, const json& after) {
  std::map<std::string, std::string> old_values, new_values;
  flatten(before, "", old_values);
  flatten(after, "", new_values);
  std::vector<std::string> changes;
  for (const auto& [key, value] : new_values) {
    const auto found = old_values.find(key);
    if (found == old_values.end() || found->second != value)
      changes.push_back(key + ": " + (found == old_values.end() ? "absent" : found->second) + " -> " + value);
  }
  if (changes.empty()) return "its input files";
  if (changes.size() > 3) changes = {changes[0], changes[1], changes[2], "and " + std::to_string(changes.size() - 3) + " more"};
  return join(changes, ", ");
}

// Sizes of the files that a stage wrote, by their paths below `base`.
json files_below(const fs::path& base, const std::vector<std::string>& outputs) {
  json files = json::object();
  std::error_code ignored;
  for (const std::string& output : outputs) {
    if (fs::is_regular_file(base / output, ignored)) files[output] = fs::file_size(base / output);
    if (!fs::is_directory(base / output, ignored)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(base / output))
      if (entry.is_regular_file()) files[fs::relative(entry.path(), base).string()] = entry.file_size();
  }
  return files;
}

// The first file on record that is gone or of another size; "" where all are there.
std::string lost_file(const fs::path& base, const json& record) {
  if (!record.contains("files")) return "";
  for (const auto& [name, size] : record["files"].items()) {
    std::error_code fault;
    const auto found = fs::file_size(base / name, fault);
    if (fault || found != size.get<std::uintmax_t>()) return name;
  }
  return "";
}

}  // namespace

void require_free(const fs::path& path, std::uint64_t bytes, const std::string& what) {
  const std::uint64_t free = free_bytes(path);
  if (free < bytes)
    throw Error(ErrorKind::resource, what + " needs about " + human_bytes(bytes) + ", and " + human_bytes(free) + " are free",
                path.string(), "free some space, or choose another folder with -o");
}

Run::Run(Pipeline& pipeline, Plugins& plugins, RunSettings settings)
    : pipeline_(pipeline), plugins_(plugins), settings_(std::move(settings)), device_(open_device(settings_.device)),
      records_(std::make_shared<json>(json::object())) {
  if (!settings_.dry_run) {
    make_folder(settings_.folder);
    lock_ = std::make_unique<FolderLock>(settings_.folder);
  }
  const fs::path file = settings_.folder / "stages.json";
  if (fs::exists(file)) {
    *records_ = json::parse(read_file(file), nullptr, false);
    if (!records_->is_object())
      throw Error(ErrorKind::data, "is not a record of stages", file.string(), "remove it to run every stage again");
  }
}

fs::path Run::folder(const Stage& stage) const {
  const auto alike = std::count_if(pipeline_.stages().begin(), pipeline_.stages().end(),
                                   [&](const auto& other) { return other->kind() == stage.kind(); });
  return alike == 1 && stage.kind() != "prepare" && stage.kind() != "generate" ? settings_.folder
                                                                              : settings_.folder / safe_name(stage.name());
}

fs::path Run::results(const Stage& stage) const {
  const fs::path target = stage.target();
  return target.empty() ? folder(stage) : target;
}

fs::path Run::checkpoint(const Stage& stage, const std::string& weights) const {
  const fs::path checkpoints = folder(stage) / "checkpoints";
  if (weights != "best") return checkpoints / "last.pth";
  if (fs::exists(checkpoints / "best.pth")) return checkpoints / "best.pth";
  const auto best = fs::relative(checkpoints / "best.pth", folder(stage)).string();
  if (const auto record = records_->find(stage.name()); record != records_->end() && record->contains("files") && (*record)["files"].contains(best))
    throw Error(ErrorKind::data, "the best checkpoint of this stage is gone", (checkpoints / "best.pth").string(),
                "put it back, say `weights: last`, or train again with --only " + stage.name() + " --overwrite");
  return checkpoints / "last.pth";
}

std::string Run::fingerprint(const Stage& stage) const {
  const auto known = fingerprints_.find(stage.name());
  if (known != fingerprints_.end()) return known->second;
  std::string text = stage.kind() + "\n" + stage.resolved(true).json() + "\nseed " + std::to_string(stage.place().seed);
  std::set<std::string> files;
  for (const std::string& input : stage.input_files(*this)) files.insert(identity(input, settings_.folder));
  for (const std::string& input : files) text += "\n" + input;
  for (const std::string& need : stage.needs()) text += "\n" + fingerprint(*pipeline_.find(need));
  return fingerprints_[stage.name()] = sha256(text);
}

bool Run::resumable(const Stage& stage) const {
  if (settings_.resume == ResumeMode::never) return false;
  const auto record = records_->find(stage.name());
  return record != records_->end() && record->value("fingerprint", "") == fingerprint(stage);
}

void Run::record(const Stage& stage, const std::string& key, const json& value) { (*records_)[stage.name()][key] = value; }
const json& Run::records() const { return *records_; }

void Run::save_records() const { write_file(settings_.folder / "stages.json", records_->dump(2) + "\n"); }

bool Run::wanted(const Stage& stage) const {
  if (settings_.only.empty()) return true;
  for (const std::string& name : settings_.only)
    if (stage.name() == name || stage.place().base_name == name || stage.kind() == name) return true;
  return false;
}

fs::path Run::written_below(const Stage& stage) const { return stage.outputs().empty() ? results(stage) : folder(stage); }

void Run::begin() {
  if (settings_.only_look) return;
  log::open_files(settings_.folder.string());
  write_file(settings_.folder / "pipeline.yaml", settings_.pipeline_text);
  write_file(settings_.folder / "pipeline.json", settings_.tree.json(2) + "\n");
  write_file(settings_.folder / "resolved.json", pipeline_.resolved().json(2) + "\n");
  end("running", -1);
}

void Run::end(const std::string& state, int code) {
  if (settings_.only_look) return;
  const fs::path file = settings_.folder / "run.json";
  json run = json::object();
  if (fs::exists(file)) {
    run = json::parse(read_file(file), nullptr, false);
    if (!run.is_object()) run = json::object();
  }
  run["state"] = state;
  run["pipeline"] = pipeline_.settings().name;
  run["versions"] = {{"plexus", PLEXUS_VERSION}, {"api", std::to_string(PLEXUS_API_MAJOR) + "." + std::to_string(PLEXUS_API_MINOR)},
                     {"libtorch", TORCH_VERSION}, {"compiler", PLEXUS_COMPILER}};
  json plugins = json::object();
  for (const auto& [name, path] : plugins_.opened()) plugins[name] = {{"file", path.string()}, {"sha256", sha256_file(path)}};
  run["plugins"] = plugins;
  run["device"] = settings_.device;
  run["jobs"] = settings_.jobs;
  run["compute_threads"] = settings_.compute_threads;
  run["seed"] = pipeline_.settings().seed;
  run["command_line"] = settings_.command_line;
  run["pipeline_file"] = settings_.pipeline_file.string();
  if (state == "running") {
    run["started"] = now();
    run.erase("ended");
    run.erase("exit_code");
  } else {
    run["ended"] = now();
    run["exit_code"] = code;
  }
  json inputs = json::object();
  for (const auto& stage : pipeline_.stages())
    if (const auto record = records_->find(stage->name()); record != records_->end()) inputs[stage->name()] = record->value("fingerprint", "");
  run["inputs"] = inputs;
  write_file(file, run.dump(2) + "\n");
}

void Run::execute_stage(Stage& stage) {
  const auto needs = stage.needs();
  if (std::any_of(needs.begin(), needs.end(), [&](const auto& need) { return would_run_.count(need) != 0; })) {
    would_run_.insert(stage.name());
    log::info("stage " + stage.name() + ": would run");
    return;
  }
  const std::string print = fingerprint(stage);
  json& record = (*records_)[stage.name()];
  if (!record.is_object()) record = json::object();
  const bool same = record.value("fingerprint", "") == print;
  const std::vector<std::string> outputs = stage.outputs();
  const fs::path base = folder(stage);
  const bool complete = std::all_of(outputs.begin(), outputs.end(), [&](const auto& output) { return fs::exists(base / output) && !fs::is_empty(base / output); });
  if (same && record.value("state", "") == "done" && complete && !settings_.overwrite) {
    const auto lost = lost_file(written_below(stage), record);
    if (lost.empty()) {
      log::info("stage " + stage.name() + ": up to date, skipped");
      return;
    }
    if (stage.costly())
      throw Error(ErrorKind::data, "was done, but its file " + lost + " is gone or has changed", "stage " + stage.name(),
                  "put it back, or do the stage again with --only " + stage.name() + " --overwrite");
    log::info("stage " + stage.name() + ": its file " + lost + " is gone or has changed: done again");
  }
  const json options = json::parse(stage.resolved(true).json());
  if (stage.costly() && !same && record.contains("fingerprint") && complete && !settings_.overwrite)
    throw Error(ErrorKind::configuration, "was done with other options or inputs (" + difference(record.value("options", json::object()), options) + ")",
                "stage " + stage.name(), "give --overwrite to do it again, or -o for another run folder");
  if (settings_.resume == ResumeMode::must && stage.costly() && !same)
    throw Error(ErrorKind::configuration, "has nothing to resume from", "stage " + stage.name(), "leave out --resume must");
  if (settings_.dry_run) {
    would_run_.insert(stage.name());
    log::info("stage " + stage.name() + ": would run");
    return;
  }
  const bool fresh = !same || settings_.overwrite;
  if (fresh) {
    record = json::object();
    if (settings_.overwrite)
      for (const std::string& output : outputs) fs::remove_all(base / output);
  }
  record["kind"] = stage.kind();
  record["fingerprint"] = print;
  record["options"] = options;
  record["state"] = "running";
  record["started"] = now();
  save_records();
  log::info("stage " + stage.name() + ": begins");
  const auto start = std::chrono::steady_clock::now();
  try {
    make_folder(base);
    const std::string summary = stage.run(*this);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    json& done = (*records_)[stage.name()];
    done["state"] = "done";
    done["files"] = files_below(written_below(stage), outputs.empty() ? std::vector<std::string>{"."} : outputs);
    done["seconds"] = seconds;
    done["summary"] = summary;
    save_records();
    log::info("stage " + stage.name() + ": done in " + human_seconds(seconds) + (summary.empty() ? "" : "; " + summary));
  } catch (const Error& error) {
    json& failed = (*records_)[stage.name()];
    failed["state"] = error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated ? "stopped" : "failed";
    failed["error"] = error.what();
    save_records();
    throw error.within("stage " + stage.name());
  } catch (const std::exception& error) {
    json& failed = (*records_)[stage.name()];
    failed["state"] = "failed";
    failed["error"] = first_line(error);
    save_records();
    throw;
  }
}

std::int64_t Run::execute() {
  const auto& kinds = stage_kind_names();
  for (const std::string& name : settings_.only)
    if (std::find(kinds.begin(), kinds.end(), name) == kinds.end() &&
        std::none_of(pipeline_.stages().begin(), pipeline_.stages().end(),
                     [&](const auto& stage) { return stage->name() == name || stage->place().base_name == name; }))
      throw Error(ErrorKind::usage, "the pipeline has no stage '" + name + "'" + did_you_mean(name, kinds));
  if (!settings_.dry_run) begin();
  try {
    ErrorList errors;
    for (const auto& stage : pipeline_.stages())
      if (wanted(*stage)) errors.attempt([&] { blaming(*stage, [&] { stage->check(*this); }); });
    errors.raise();
    for (const auto& stage : pipeline_.stages()) {
      throw_if_stopped();
      if (wanted(*stage)) blaming(*stage, [&] { execute_stage(*stage); });
    }
  } catch (const Error& error) {
    if (!settings_.dry_run) {
      log::record(Level::error, error.what());
      end(error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated ? "stopped" : "failed", exit_code(error.kind()));
    }
    throw;
  } catch (const std::exception& error) {
    if (!settings_.dry_run) end("failed", 1);
    throw;
  }
  if (!settings_.dry_run) end("done", failed_cases_ > 0 ? exit_code(ErrorKind::cases) : 0);
  return failed_cases_;
}

}  // namespace plexus
