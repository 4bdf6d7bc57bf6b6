#include <atomic>
#include <mutex>

#include <tbb/parallel_for_each.h>
#include <tbb/task_arena.h>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/train/context.hpp>

namespace plexus {
namespace {

class Prepare final : public Stage {
 public:
  Prepare(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    if (!settings_.step.is_null()) errors.attempt([&] { step_ = preprocessor_part(plugins, settings_.step, "step"); });
    errors.raise();
  }

  bool costly() const override { return false; }
  std::vector<std::string> outputs() const override { return {}; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    node.erase("data");
    set_part(node, "step", step_.resolved(results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    std::vector<std::string> files;
    for (const Job& job : step_.builder->make()->jobs(settings_.source, target(run).string()))
      files.insert(files.end(), job.inputs.begin(), job.inputs.end());
    return files;
  }

  std::string run(Run& run) override {
    const auto step = step_.builder->make();
    const std::filesystem::path folder = target(run);
    const std::vector<Job> jobs = step->jobs(settings_.source, folder.string());
    make_folder(folder);
    const Rng key = Rng(static_cast<std::uint64_t>(place().seed)).fork(name());
    Progress progress("prepare " + name(), static_cast<std::int64_t>(jobs.size()), "cases");
    std::mutex lock;
    std::vector<std::string> failures;
    tbb::task_arena arena(std::max(1, run.settings().jobs));
    arena.execute([&] {
      tbb::parallel_for_each(jobs.begin(), jobs.end(), [&](const Job& job) {
        if (stop_requested()) return;
        try {
          Rng rng = key.fork(job.id);
          HostContext context(rng, at::kCPU);
          step->run(job, folder.string(), rng, context);
        } catch (const std::exception& error) {
          const std::lock_guard held(lock);
          failures.push_back(job.id + ": " + error.what());
          log::error("prepare: " + failures.back());
        }
        progress.advance();
      });
    });
    throw_if_stopped();
    progress.finish();
    if (failures.size() == jobs.size() && !jobs.empty())
      throw Error(ErrorKind::data, "no case could be prepared; the first: " + failures.front());
    run.failed_cases(static_cast<std::int64_t>(failures.size()));
    step->finish(jobs, folder.string());
    return std::to_string(jobs.size() - failures.size()) + " of " + std::to_string(jobs.size()) + " cases in " + folder.string();
  }

 private:
  std::filesystem::path target(const Run& run) const {
    return settings_.target.empty() ? run.folder(*this) : std::filesystem::path(settings_.target);
  }

  PrepareStage settings_;
  Options options_;
  Part<PreprocessorBuilder> step_;
};

}  // namespace

std::unique_ptr<Stage> make_prepare_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Prepare>(std::move(place), body, plugins);
}

}  // namespace plexus
