#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <plexus/host/manifest.hpp>
#include <plexus/host/run.hpp>
#include <plexus/sdk/preprocessor.hpp>

namespace plexus {

// One of several machines that share a batch: "2/4" is the second of four. The cases are dealt out in turn.
struct Shard {
  std::size_t number = 1, of = 1;
  bool has(std::size_t index) const { return index % of == number - 1; }
};
Shard parse_shard(const std::string& text);  // throws std::invalid_argument

// What a batch does with each case.
struct BatchWork {
  struct Outcome {
    std::vector<std::string> outputs;  // files that were written, relative to the target folder
    std::string details = "{}";        // JSON for the summary
    std::string thumbnail = "";        // PNG
  };
  std::string title;   // of the progress: "preprocess"
  std::string recipe;  // fingerprint of all that the outputs depend on besides the inputs
  // [caller's thread] Memory that the case needs at most, told from its headers; 0: not known. Throws Error: the case fails.
  std::function<std::uint64_t(const Job&)> bytes;
  // [any thread] Writes the outputs, each atomically. `may_replace`: files of the same names are an earlier attempt's.
  std::function<Outcome(const Job&, bool may_replace)> run;
};

struct BatchSettings {
  std::filesystem::path target;  // folder of the outputs
  std::filesystem::path record;  // folder of the manifest; "": none is kept, and every case is done
  int jobs = 1;                  // cases at a time, at most
  std::uint64_t memory = 0;      // bytes that the process may use; 0: four fifths of the machine's
  ResumeMode resume = ResumeMode::automatic;
  bool fail_fast = false;
  bool again = false;    // do finished cases anew
  bool replace = false;  // results of another recipe, and files of others, may be replaced
  bool retry_quarantined = false;
  int attempts = 2;      // at each case that fails
  bool restart = false;  // the program begins anew where a case crashes it, and goes on with the others
};

struct BatchResult {
  std::vector<CaseRecord> cases;  // in the order of the jobs, done or failed
  std::size_t made = 0, kept = 0, failed = 0;
  std::size_t quarantined = 0;  // of the failed: known from before to be broken, and not tried again
  double seconds = 0;
  std::uint64_t memory = 0;         // the limit that held
  std::uint64_t peak_resident = 0;  // the most that the process ever had
};

// Works on the cases side by side on threads that calculate on one core each. A case begins when its estimated memory fits
// into what is left of the limit (as many at a time as fit, at most `jobs`); one that can never fit fails. Where estimates
// prove too small, those that follow are raised alike.
//
// With a record: what is done is on the disk, with the digests of inputs and recipe, before it counts. A batch that was
// killed goes on: finished cases whose inputs, recipe and outputs are as they were are kept, unfinished files are removed,
// and cases that were under way come last, so that one that brings the process down keeps no other from being done. Broken
// cases (Error of kind data or internal, any other exception, and those on which a process crashed) are quarantined: not tried
// again until their inputs or the recipe change; cases that lacked memory or disk, or had files of others in the way, are.
// Records of other shards below the same folder are taken over.
//
// A case that fails stays alone: it is tried again, then recorded with its reason; `fail_fast` ends the batch and throws it.
// Throws Error(configuration) where the record is another recipe's, Error(resource) where the disk is full or another
// process works on the record, Error(interrupted or terminated) where a stop was asked for, after the cases under way.
BatchResult run_batch(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings);

// What run_batch would do, for --dry-run: indices of the jobs that are not done yet.
std::vector<std::size_t> outstanding(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings);

}  // namespace plexus
