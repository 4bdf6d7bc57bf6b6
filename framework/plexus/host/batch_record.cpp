#include <plexus/host/batch_record.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <plexus/base/log.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

constexpr const char* manifest_name = "manifest.sqlite";
constexpr const char* crashes_name = "crashes.txt";

bool same_files(const std::vector<FileStamp>& stamps, const std::vector<std::string>& files) {
  return std::equal(stamps.begin(), stamps.end(), files.begin(), files.end(),
                    [](const FileStamp& stamp, const std::string& file) {
                      const auto plain = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
                      return stamp.path == file || plain(stamp.path) == plain(file);
                    });
}

// `touched`: a stamp took a new time.
bool inputs_unchanged(CaseRecord& record, bool& touched) {
  for (FileStamp& stamp : record.inputs) {
    const std::int64_t before = stamp.changed;
    if (!unchanged(stamp)) return false;
    touched = touched || stamp.changed != before;
  }
  return true;
}

bool outputs_are_there(const CaseRecord& record, const fs::path& target) {
  return std::all_of(record.outputs.begin(), record.outputs.end(), [&](const FileStamp& stamp) {
    std::error_code fault;
    const auto bytes = fs::file_size(target / stamp.path, fault);
    return !fault && bytes == stamp.bytes;
  });
}

}  // namespace

bool is_fault_of_input(ErrorKind kind) { return kind == ErrorKind::data || kind == ErrorKind::internal; }

BatchRecord::BatchRecord(const BatchWork& work, const BatchSettings& settings, Use use)
    : settings_(settings), recipe_(work.recipe) {
  if (settings.record.empty()) return;
  const fs::path file = settings.record / manifest_name;
  if (use == Use::look && !fs::exists(file)) return;
  if (use == Use::work) {
    make_folder(settings.record);
    lock_ = std::make_unique<FolderLock>(settings.record);
  }
  manifest_ = std::make_unique<Manifest>(file);
  before_ = manifest_->records();
  const std::string recipe = manifest_->value("recipe");
  const std::string where = settings.record.string();
  if (settings.resume == ResumeMode::must && before_.empty())
    throw Error(ErrorKind::configuration, "there is nothing to go on with", where, "leave out --resume must");
  if (!before_.empty() && recipe != recipe_ && !settings.replace)
    throw Error(ErrorKind::configuration, "the results there were made with another recipe", where,
                "give --overwrite to replace them, or another folder with -o");
  if (!before_.empty() && settings.resume == ResumeMode::never && !settings.replace)
    throw Error(ErrorKind::configuration, "there is earlier work, which --resume never would throw away", where,
                "give --overwrite to replace it, or another folder with -o");
  if (use == Use::look) return;
  if (manifest_->value("ended") == "no") remove_partial_files();
  manifest_->begin_process();
  manifest_->set_value("ended", "no");
  manifest_->set_value("recipe", recipe_);
  take_over_shards();
  for (const std::string& id : crashed_cases(settings.record / crashes_name)) crashed_.insert(id);
  guard_ = std::make_unique<CrashGuard>(settings.record / crashes_name, settings.restart);
}

// What a process crashed on has failed, with its inputs as they are now, whatever is to be done again: the program may have
// been begun anew by the crash itself.
const CaseRecord* BatchRecord::settled_by_crash(const Job& job) {
  if (crashed_.count(job.id) == 0) return nullptr;
  CaseRecord& record = before_[job.id];
  if (record.state == CaseRecord::State::failed && record.recipe == recipe_) {
    bool touched = false;
    if (inputs_unchanged(record, touched)) return &record;
    crashed_.erase(job.id);
    return nullptr;
  }
  record.id = job.id;
  record.recipe = recipe_;
  record.state = CaseRecord::State::failed;
  record.error_kind = ErrorKind::internal;
  record.error = "the program crashed while it worked on it; please report it, with its inputs";
  record.inputs.clear();
  for (const std::string& input : job.inputs) record.inputs.push_back(digest_if_readable(input));
  save(record);
  log::error("case " + job.id + ": " + record.error);
  return &record;
}

void BatchRecord::take_over_shards() {
  for (const auto& entry : fs::directory_iterator(settings_.record)) {
    const fs::path file = entry.path() / manifest_name;
    if (!entry.is_directory() || !fs::exists(file)) continue;
    for (auto& [id, record] : Manifest(file).records()) {
      const CaseRecord* own = known(id);
      if (record.state != CaseRecord::State::done || (own && own->state == CaseRecord::State::done)) continue;
      save(record);
      before_[id] = std::move(record);
    }
  }
}

void BatchRecord::remove_partial_files() const {
  if (!fs::exists(settings_.target)) return;
  std::vector<std::string> beginnings;
  for (const std::int64_t pid : manifest_->processes()) beginnings.push_back(fmt::format(".partial-{}-", pid));
  std::vector<fs::path> left;
  for (const auto& entry : fs::recursive_directory_iterator(settings_.target)) {
    const std::string name = entry.path().filename().string();
    const auto made_it = [&](const std::string& beginning) { return name.starts_with(beginning); };
    if (name.starts_with(".partial-") && std::any_of(beginnings.begin(), beginnings.end(), made_it))
      left.push_back(entry.path());
  }
  std::error_code ignored;
  for (const auto& file : left) fs::remove(file, ignored);
  if (!left.empty()) log::info(fmt::format("{} unfinished file(s) of a process that was killed are removed", left.size()));
}

const CaseRecord* BatchRecord::known(const std::string& id) const {
  const auto found = before_.find(id);
  return found == before_.end() ? nullptr : &found->second;
}

const CaseRecord* BatchRecord::settled(const Job& job) {
  if (const CaseRecord* crashed = settled_by_crash(job)) return crashed;
  const auto found = before_.find(job.id);
  if (found == before_.end() || settings_.again || settings_.resume == ResumeMode::never) return nullptr;
  CaseRecord& record = found->second;
  if (record.recipe != recipe_ || record.state == CaseRecord::State::begun || !same_files(record.inputs, job.inputs))
    return nullptr;
  if (record.state == CaseRecord::State::failed && (!is_fault_of_input(record.error_kind) || settings_.retry_quarantined))
    return nullptr;
  // What says nothing of its outputs cannot be known to be there.
  if (record.state == CaseRecord::State::done && (record.outputs.empty() || !outputs_are_there(record, settings_.target)))
    return nullptr;
  bool touched = false;
  if (!inputs_unchanged(record, touched)) return nullptr;
  if (touched && lock_) save(record);
  return &record;
}

void BatchRecord::save(const CaseRecord& record) {
  if (manifest_) manifest_->save(record);
}

void BatchRecord::remove_stale(const CaseRecord& made) const {
  const CaseRecord* earlier = known(made.id);
  if (!earlier) return;
  for (const FileStamp& old : earlier->outputs) {
    const auto same = [&](const FileStamp& stamp) { return stamp.path == old.path; };
    std::error_code ignored;
    if (std::none_of(made.outputs.begin(), made.outputs.end(), same)) fs::remove(settings_.target / old.path, ignored);
  }
}

void BatchRecord::end_in_order() {
  if (!manifest_) return;
  manifest_->set_value("ended", "yes");
  guard_.reset();
  fs::remove(settings_.record / crashes_name);
}

}  // namespace plexus
