#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/base/random.hpp>
#include <plexus/sdk/preprocessor.hpp>

namespace plexus {

struct Prepared {
  std::vector<Job> done;                              // in the order of the preprocessor's jobs
  std::vector<std::pair<std::string, Error>> failed;  // job id, and why
};

// Runs all jobs of a preprocessor side by side on `workers` threads, then its `finish` over those that are done. Job `id`
// draws from key.fork(id). Where `fail_fast`, the first failure ends it and is thrown; else failures are collected.
// Throws Error(interrupted or terminated) where a stop was asked for; outputs written so far are whole.
Prepared prepare(const Preprocessor& preprocessor, const std::string& source, const std::filesystem::path& target,
                 const Rng& key, int workers, bool fail_fast);

}  // namespace plexus
