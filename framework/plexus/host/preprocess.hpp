#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/batch.hpp>
#include <plexus/host/case_files.hpp>
#include <plexus/host/recipe.hpp>

namespace plexus {

// One job a case, of those that are the shard's.
std::vector<Job> case_jobs(const FoundCases& found, const Shard& shard);

// A recipe's work on the jobs of `found`, for run_batch: reads a case, applies the steps, writes images and labels below
// `target`. Step i of case `id` draws from (seed, id, i). `recipe` and `found` must outlive it.
BatchWork recipe_work(const Recipe& recipe, const FoundCases& found, const std::filesystem::path& target,
                      const std::string& fingerprint);

// The memory that a case needs at most: reading it, the largest of its steps, or writing it.
std::uint64_t estimated_bytes(const Recipe& recipe, const CaseFiles& files);

}  // namespace plexus
