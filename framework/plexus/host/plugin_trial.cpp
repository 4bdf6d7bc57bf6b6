// Trains a plugin in processes of their own and compares what comes out.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <plexus/base/counted.hpp>
#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/child.hpp>
#include <plexus/host/plugin_check.hpp>
#include <plexus/nn/model_file.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

constexpr double allowed_stop = 1;                       // seconds
// From the middle of a training to its end: allocators waver by less.
constexpr double allowed_growth = 8 << 20;  // bytes
constexpr double allowed_share = 0.05;      // of what there is in the middle

class Trial {
 public:
  explicit Trial(const TrialSettings& settings) : settings_(settings) {}

  std::vector<CheckRow> run() {
    const auto whole = train("whole", 1, [this](const ChildProgress& now) { return remember(now); });
    if (whole.exit_code != 0) return {{"trains", CheckVerdict::failed, whole.text()}};
    expected_ = digests("whole");
    if (expected_.empty()) return {{"trains", CheckVerdict::failed, "the pipeline wrote no checkpoint: it has no stage `train`"}};
    std::vector<CheckRow> rows{{"trains", CheckVerdict::passed,
                                fmt::format("{} of {} in {:.1f} s", counted(trainings_.size(), "training"),
                                            counted(static_cast<std::uint64_t>(settings_.iterations), "iteration"), whole.seconds)}};
    rows.push_back(memory());
    rows.push_back(same("repeats", "again", 1, "a second run gives the same weights, bit for bit"));
    rows.push_back(same("jobs", "workers", 2, "two data workers give the same weights as one"));
    for (auto& row : interrupted()) rows.push_back(std::move(row));
    return rows;
  }

 private:
  ChildEnd train(const std::string& folder, int jobs, const std::function<bool(const ChildProgress&)>& watch = {}) const {
    std::vector<std::string> arguments{"run", settings_.pipeline.string(), "-o", (settings_.work / folder).string(), "--jobs",
                                       std::to_string(jobs), "--compute-threads", "1", "--progress", "json", "--log-level", "warning",
                                       "--set", fmt::format("train.iterations={}", settings_.iterations)};
    for (const auto& plugins : settings_.plugin_path) arguments.insert(arguments.end(), {"--plugin-path", plugins.string()});
    return run_child(arguments, settings_.limit, watch);
  }

  bool remember(const ChildProgress& now) {
    if (now.unit == "iterations") trainings_[now.title].push_back(now);
    return false;
  }

  // Digests of all weights, averages and optimiser states, by file and name.
  std::map<std::string, std::string> digests(const std::string& folder) const {
    std::map<std::string, std::string> all;
    const auto root = settings_.work / folder;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.path().filename() != "last.pth") continue;
      for (const auto& [name, tensor] : read_model_file(entry.path()).tensors) {
        const auto kind = name.substr(0, name.find('.'));
        if (kind != "networks" && kind != "averages" && kind != "optimizers") continue;
        all[fs::relative(entry.path(), root).string() + ": " + name] = tensor_digest(tensor);
      }
    }
    return all;
  }

  CheckRow compared(const std::string& what, const std::string& folder, const std::string& right) const {
    const auto found = digests(folder);
    std::size_t differ = 0;
    std::string first;
    for (const auto& [name, digest] : expected_) {
      const auto other = found.find(name);
      if (other != found.end() && other->second == digest) continue;
      if (differ++ == 0) first = name;
    }
    if (differ == 0) return {what, CheckVerdict::passed, right};
    return {what, CheckVerdict::failed,
            fmt::format("{} of {} differ, {} for one; {}", differ, counted(expected_.size(), "tensor"), first,
                        what == "resumes" ? "is all that changes in training, beside weights, in Trainer::state?"
                                          : "does all chance come from Context::draw and the Rng that is handed in?")};
  }

  CheckRow same(const std::string& what, const std::string& folder, int jobs, const std::string& right) const {
    const auto end = train(folder, jobs);
    return end.exit_code == 0 ? compared(what, folder, right) : CheckRow{what, CheckVerdict::failed, end.text()};
  }

  // Each training is interrupted once, half way, and the pipeline called again until it is done.
  std::vector<CheckRow> interrupted() {
    std::set<std::string> done;
    double longest = 0;
    ChildEnd end;
    do {
      const auto before = done.size();
      end = train("broken", 2, [&](const ChildProgress& now) {
        return now.unit == "iterations" && now.done >= settings_.iterations / 2 && done.insert(now.title).second;
      });
      longest = std::max(longest, end.seconds_to_stop);
      if (end.exit_code != 0 && (end.exit_code != exit_code(ErrorKind::interrupted) || done.size() == before))
        return {{"stops", CheckVerdict::failed, end.text()}, {"resumes", CheckVerdict::left_out, "it did not stop in order"}};
    } while (end.exit_code != 0);
    if (done.empty())
      return {{"stops", CheckVerdict::left_out, "the training was over before it could be interrupted: give more --iterations"},
              {"resumes", CheckVerdict::left_out, "not interrupted"}};
    return {{"stops", longest <= allowed_stop ? CheckVerdict::passed : CheckVerdict::failed,
             fmt::format("{:.2f} s after Ctrl-C at most, with a checkpoint; allowed are {:.0f} s on a machine that does nothing else",
                         longest, allowed_stop)},
            compared("resumes", "broken", counted(done.size(), "training") + " interrupted and resumed: the same weights")};
  }

  // -1 where nothing was seen.
  static double mean_memory(const std::vector<ChildProgress>& seen, double from, double to) {
    double sum = 0, count = 0;
    for (const auto& one : seen) {
      const double at = static_cast<double>(one.done) / static_cast<double>(one.total);
      if (at < from || at > to) continue;
      sum += static_cast<double>(one.resident);
      ++count;
    }
    return count > 0 ? sum / count : -1;
  }

  // From the middle on nothing is made for the first time any more.
  CheckRow memory() const {
    double worst = 0;
    std::string where;
    std::size_t judged = 0;
    bool grows = false;
    for (const auto& [title, seen] : trainings_) {
      const double middle = mean_memory(seen, 0.35, 0.65), end = mean_memory(seen, 0.85, 1);
      if (middle <= 0 || end <= 0) continue;
      ++judged;
      grows = grows || end - middle > std::max(allowed_growth, allowed_share * middle);
      if (where.empty() || end - middle > worst) worst = end - middle, where = title;
    }
    if (judged == 0) return {"memory", CheckVerdict::left_out, "too quick to be measured: give more --iterations"};
    const auto text = fmt::format("{}: {:+.1f} MiB from the middle to the end of {}", where, worst / (1 << 20),
                                  counted(static_cast<std::uint64_t>(settings_.iterations), "iteration"));
    return {"memory", grows ? CheckVerdict::failed : CheckVerdict::passed, text};
  }

  const TrialSettings& settings_;
  std::map<std::string, std::vector<ChildProgress>> trainings_;  // by title
  std::map<std::string, std::string> expected_;
};

}  // namespace

std::vector<CheckRow> try_training(const TrialSettings& settings) { return Trial(settings).run(); }

}  // namespace plexus
