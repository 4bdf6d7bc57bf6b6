#include <plexus/host/prepare.hpp>

#include <ATen/core/Tensor.h>

#include <plexus/base/file.hpp>
#include <plexus/train/context.hpp>

namespace plexus {
namespace {

// What is prepared is taken to need as much as what it is made from.
std::uint64_t bytes_needed(const std::vector<Job>& jobs) {
  std::uint64_t bytes = 16u << 20;
  for (const Job& job : jobs)
    for (const std::string& input : job.inputs) {
      std::error_code fault;
      const auto size = std::filesystem::file_size(input, fault);
      if (!fault) bytes += size;
    }
  return bytes;
}

}  // namespace

Prepared prepare(const Preprocessor& preprocessor, const std::string& source, const Rng& key, const BatchSettings& settings,
                 const std::string& recipe) {
  make_folder(settings.target);
  const std::string target = settings.target.string();
  const std::vector<Job> jobs = preprocessor.jobs(source, target);
  require_free(settings.target, bytes_needed(jobs), "preparing");
  BatchWork work;
  work.title = "prepare";
  work.recipe = recipe;
  work.run = [&](const Job& job, bool) {
    Rng rng = key.fork(job.id);
    HostContext context(rng, at::kCPU);
    preprocessor.run(job, target, rng, context);
    return BatchWork::Outcome{job.outputs};
  };
  Prepared result;
  result.batch = run_batch(jobs, work, settings);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const CaseRecord& record = result.batch.cases[i];
    if (record.state == CaseRecord::State::done)
      result.done.push_back(jobs[i]);
    else
      result.failed.emplace_back(jobs[i].id, Error(record.error_kind, record.error));
  }
  preprocessor.finish(result.done, target);
  return result;
}

}  // namespace plexus
