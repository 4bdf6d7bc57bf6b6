#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include <plexus/base/file.hpp>
#include <plexus/host/batch.hpp>
#include <plexus/host/crash_guard.hpp>

namespace plexus {

// A case that failed so will fail again; others (memory, disk, files in the way) may not.
bool is_fault_of_input(ErrorKind kind);

// What a batch remembers between its processes; with no folder, nothing.
class BatchRecord {
 public:
  enum class Use { work, look };  // look: changes nothing
  // Locks the folder and removes what killed processes left half-written in the target. Throws as run_batch does.
  BatchRecord(const BatchWork& work, const BatchSettings& settings, Use use);

  bool is_kept() const { return manifest_ != nullptr; }
  // The case's record where nothing is left to do for it: done, or quarantined. Null otherwise.
  const CaseRecord* settled(const Job& job);
  // What is known of it from before; null where it is new.
  const CaseRecord* known(const std::string& id) const;
  void save(const CaseRecord& record);  // [any thread]
  // Removes files that an earlier attempt made and this one did not. [any thread]
  void remove_stale(const CaseRecord& made) const;
  void end_in_order();

 private:
  void take_over_shards();
  const CaseRecord* settled_by_crash(const Job& job);
  void remove_partial_files() const;

  BatchSettings settings_;
  std::string recipe_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<Manifest> manifest_;
  std::unique_ptr<CrashGuard> guard_;
  std::map<std::string, CaseRecord> before_;
  std::set<std::string> crashed_;  // cases that processes crashed on since the batch last ended in order
};

}  // namespace plexus
