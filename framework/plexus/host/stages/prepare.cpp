#include <plexus/base/file.hpp>
#include <plexus/host/prepare.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>

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

  void connect(const Pipeline& pipeline) override {
    const Stage* stage = settings_.of.empty() ? nullptr : pipeline.find(settings_.of);
    if (!settings_.of.empty() && (stage == nullptr || stage->kind() != "prepare"))
      throw Error(ErrorKind::configuration, "'" + settings_.of + "' is no prepare stage before '" + name() + "'", place().at.text());
  }
  std::vector<std::string> needs() const override {
    return settings_.of.empty() ? std::vector<std::string>{} : std::vector{settings_.of};
  }
  void check(const Run& run) const override {
    if (settings_.of.empty()) jobs(run);
  }
  std::filesystem::path target() const override { return settings_.target; }
  std::vector<std::string> outputs() const override { return {}; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    node.erase("data");
    set_part(node, "step", step_.resolved(results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    std::vector<std::string> files;
    for (const Job& job : jobs(run))
      files.insert(files.end(), job.inputs.begin(), job.inputs.end());
    return files;
  }

  std::string run(Run& run) override {
    const auto step = step_.make();
    const Rng key = Rng(static_cast<std::uint64_t>(place().seed)).fork(name());
    BatchSettings batch;
    batch.target = run.results(*this);
    batch.record = run.folder(*this) / "batch";
    batch.jobs = run.settings().jobs;
    batch.resume = run.settings().resume == ResumeMode::never ? ResumeMode::never : ResumeMode::automatic;
    batch.fail_fast = !run.settings().keep_going;
    batch.again = run.settings().overwrite;
    batch.replace = true;
    if (!run.settings().overwrite) refuse_foreign(batch);
    const std::string recipe = sha256(resolved(true).json() + "\nseed " + std::to_string(place().seed));
    const Prepared prepared = prepare(*step, source(run), key, batch, recipe);
    if (prepared.done.empty() && !prepared.failed.empty()) throw prepared.failed.front().second;
    run.failed_cases(static_cast<std::int64_t>(prepared.failed.size()));
    return std::to_string(prepared.done.size()) + " of " + std::to_string(prepared.done.size() + prepared.failed.size()) +
           " cases in " + batch.target.string();
  }

 private:
  std::vector<Job> jobs(const Run& run) const { return step_.make()->jobs(source(run), run.results(*this).string()); }
  std::string source(const Run& run) const {
    return settings_.of.empty() ? settings_.source : run.results(*run.pipeline().find(settings_.of)).string();
  }

  // A `target` outside the run folder may hold what is somebody's.
  void refuse_foreign(const BatchSettings& batch) const {
    namespace fs = std::filesystem;
    if (settings_.target.empty() || fs::exists(batch.record) || !fs::exists(batch.target) || fs::is_empty(batch.target)) return;
    throw Error(ErrorKind::configuration, "holds files already, which this stage did not make", batch.target.string(),
                "give another target, or --overwrite to write over files of the same names");
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
