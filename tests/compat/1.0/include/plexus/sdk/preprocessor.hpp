#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/base/reserved.hpp>
#include <plexus/sdk/context.hpp>

namespace plexus {

// One independent piece of preparing data: usually a case.
struct Job {
  std::string id;
  std::vector<std::string> inputs, outputs;  // files; outputs relative to the target folder
  std::uint64_t bytes = 0;                   // estimated peak of memory
  Reserved reserved = {};
};

// Turns files into other files: stage `prepare`.
class Preprocessor {
 public:
  virtual ~Preprocessor();
  virtual std::vector<Job> jobs(const std::string& source, const std::string& target) const = 0;
  // [any thread] Writes the job's outputs (each atomically) below `target`; throws Error(data).
  virtual void run(const Job& job, const std::string& target, Rng& rng, Context& context) const = 0;
  // After all jobs: lists and summaries. Default: nothing.
  virtual void finish(const std::vector<Job>& done, const std::string& target) const;
};

}  // namespace plexus
