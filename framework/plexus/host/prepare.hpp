#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/base/random.hpp>
#include <plexus/host/batch.hpp>
#include <plexus/sdk/preprocessor.hpp>

namespace plexus {

struct Prepared {
  std::vector<Job> done;                              // in the order of the preprocessor's jobs
  std::vector<std::pair<std::string, Error>> failed;  // job id, and why
  BatchResult batch;
};

// Runs all jobs of a preprocessor as a batch, then its `finish` over those that are done. Job `id` draws from key.fork(id);
// `recipe` is a digest of what else its outputs depend on. Throws as run_batch does, and Error(resource) where
// the disk lacks the room that the inputs take; outputs written so far are whole.
Prepared prepare(const Preprocessor& preprocessor, const std::string& source, const Rng& key, const BatchSettings& settings,
                 const std::string& recipe = "");

}  // namespace plexus
