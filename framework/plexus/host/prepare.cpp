#include <plexus/host/prepare.hpp>

#include <optional>

#include <ATen/core/Tensor.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <plexus/base/file.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/train/context.hpp>

namespace plexus {

Prepared prepare(const Preprocessor& preprocessor, const std::string& source, const std::filesystem::path& target,
                 const Rng& key, int workers, bool fail_fast) {
  make_folder(target);
  const std::vector<Job> jobs = preprocessor.jobs(source, target.string());
  std::vector<std::optional<Error>> failures(jobs.size());
  {
    Progress progress("prepare", static_cast<std::int64_t>(jobs.size()), "cases");
    const tbb::global_control more(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers));
    tbb::task_arena arena(workers);
    const auto run = [&](std::size_t index) {
      throw_if_stopped();
      const Job& job = jobs[index];
      Rng rng = key.fork(job.id);
      HostContext context(rng, at::kCPU);
      try {
        preprocessor.run(job, target.string(), rng, context);
      } catch (const Error& error) {
        if (fail_fast) throw error.within(job.id);
        failures[index] = error;
      }
      progress.advance(1, job.id);
    };
    arena.execute([&] { tbb::parallel_for(std::size_t{0}, jobs.size(), run, tbb::simple_partitioner()); });
    progress.finish();
  }
  throw_if_stopped();
  Prepared result;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (failures[i])
      result.failed.emplace_back(jobs[i].id, *failures[i]);
    else
      result.done.push_back(jobs[i]);
  }
  preprocessor.finish(result.done, target.string());
  return result;
}

}  // namespace plexus
