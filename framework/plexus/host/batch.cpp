#include <plexus/host/batch.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>

#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/workers.hpp>
#include <plexus/host/batch_record.hpp>
#include <plexus/host/case_fault.hpp>
#include <plexus/host/machine.hpp>
#include <plexus/host/memory_meter.hpp>

namespace plexus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t looked_ahead = 16;                 // cases that may be asked for their memory before their turn
constexpr std::uint64_t worth_learning_from = 64 << 20;  // of smaller cases the estimate does not matter
constexpr std::uint64_t least_disk = 1 << 20;            // with less than this left, no case can succeed

// A case on its way through the batch.
struct Turn {
  std::size_t index = 0;                 // of the job
  std::optional<std::uint64_t> bytes{};  // once its headers were asked
  int attempts = 0;                      // in this process
  bool alone = false;                    // after it ran out of memory beside others
};

class BatchRun {
 public:
  BatchRun(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings)
      : jobs_(jobs), work_(work), settings_(settings), record_(work, settings, BatchRecord::Use::work) {}

  BatchResult run() {
    const auto start = Clock::now();
    result_.cases.resize(jobs_.size());
    sort_out();
    result_.memory = settings_.memory > 0 ? settings_.memory : usable_memory() / 5 * 4;
    if (!waiting_.empty()) {
      free_ = available_ = result_.memory - std::min(result_.memory, resident_bytes());
      progress_.emplace(work_.title, static_cast<std::int64_t>(jobs_.size()), "cases",
                        static_cast<std::int64_t>(jobs_.size() - waiting_.size()));
      work_through();
      if (!first_) progress_->finish();
    }
    if (first_) throw *first_;
    throw_if_stopped();
    record_.end_in_order();
    for (const CaseRecord& one : result_.cases) result_.failed += one.state == CaseRecord::State::failed;
    result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    result_.peak_resident = peak_resident_bytes();
    return std::move(result_);
  }

 private:
  // Parts what is settled from what is to be done; cases that were under way when a process died come last.
  void sort_out() {
    std::deque<Turn> last;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      throw_if_stopped();
      if (const CaseRecord* settled = record_.settled(jobs_[i])) {
        result_.cases[i] = *settled;
        ++(settled->state == CaseRecord::State::done ? result_.kept : result_.quarantined);
        continue;
      }
      const CaseRecord* known = record_.known(jobs_[i].id);
      (known && known->state == CaseRecord::State::begun ? last : waiting_).push_back({i});
    }
    waiting_.insert(waiting_.end(), last.begin(), last.end());
  }

  void work_through() {
    Workers workers(settings_.jobs);
    std::unique_lock lock(mutex_);
    while (true) {
      while (!halted()) {
        auto next = take_next();
        if (!next) break;
        const std::uint64_t held = admitted_bytes(*next);
        free_ -= held;
        ++running_;
        workers.enqueue([this, turn = *next, held] { work_on(turn, held); });
      }
      if (running_ == 0 && (halted() || waiting_.empty())) return;
      changed_.wait_for(lock, std::chrono::milliseconds(200));  // a stop by signal wakes nobody
    }
  }

  bool halted() const { return first_ || stop_requested(); }

  // Of the case and of what others showed estimates to be worth.
  std::uint64_t admitted_bytes(const Turn& turn) const {
    if (turn.alone || *turn.bytes == 0)
      return turn.alone ? available_ : available_ / static_cast<std::uint64_t>(settings_.jobs);
    return std::min(available_, static_cast<std::uint64_t>(static_cast<double>(*turn.bytes) * raise_));
  }

  // The first case that fits beside those under way.
  std::optional<Turn> take_next() {
    for (std::size_t i = 0; running_ < settings_.jobs && i < std::min(waiting_.size(), looked_ahead);) {
      if (!waiting_[i].bytes && !ask_for_memory(waiting_[i])) {
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        if (halted()) return {};
        continue;
      }
      if (admitted_bytes(waiting_[i]) <= free_) {
        const Turn turn = waiting_[i];
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
        return turn;
      }
      ++i;
    }
    return {};
  }

  // False where the case fails already here.
  bool ask_for_memory(Turn& turn) {
    const Job& job = jobs_[turn.index];
    const CrashGuard::Case guarded(job.id);
    try {
      turn.bytes = work_.bytes ? work_.bytes(job) : job.bytes;
      if (*turn.bytes <= available_) return true;
      throw Error(ErrorKind::resource,
                  fmt::format("needs about {} of memory; {} of the limit of {} can be used for cases", human_bytes(*turn.bytes),
                              human_bytes(available_), human_bytes(result_.memory)),
                  job.inputs.empty() ? job.id : job.inputs.front(), "raise --memory-limit, or take a machine with more memory");
    } catch (...) {
      CaseRecord record = begun(turn);
      fail(turn, std::move(record), fault_of_case());
      return false;
    }
  }

  CaseRecord begun(const Turn& turn) const {
    CaseRecord record;
    record.id = jobs_[turn.index].id;
    record.recipe = work_.recipe;
    record.attempts = turn.attempts + 1;
    record.estimated_bytes = turn.bytes.value_or(0);
    return record;
  }

  // [worker] One attempt. Never throws.
  void work_on(Turn turn, std::uint64_t held) {
    const Job& job = jobs_[turn.index];
    const CrashGuard::Case guarded(job.id);
    CaseRecord record = begun(turn);
    std::optional<Error> fault;
    const auto start = Clock::now();
    try {
      throw_if_stopped();
      const CaseRecord* earlier = record_.known(job.id);
      if (record_.is_kept()) {
        CaseRecord note = record;
        if (earlier) note.outputs = earlier->outputs;  // so that files that come to be stale are still known
        record_.save(note);
        for (const std::string& input : job.inputs) record.inputs.push_back(digest_file(input));
      }
      const c10::NoGradGuard no_grad;
      const MemoryMeter meter;
      BatchWork::Outcome made;
      try {
        const bool refused =
            earlier && earlier->state == CaseRecord::State::failed && earlier->error_kind == ErrorKind::configuration;
        made = work_.run(job, settings_.replace || (earlier && !refused) || turn.attempts > 0);
      } catch (...) {
        record.peak_bytes = meter.peak_bytes();
        throw;
      }
      record.peak_bytes = meter.peak_bytes();
      for (const std::string& output : made.outputs)
        record.outputs.push_back({output, std::filesystem::file_size(settings_.target / output), 0, ""});
      record.details = std::move(made.details);
      record.thumbnail = std::move(made.thumbnail);
      record_.remove_stale(record);
      record.state = CaseRecord::State::done;
    } catch (...) {
      fault = fault_of_case();
    }
    record.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const std::lock_guard lock(mutex_);
    if (!fault) fault = finish(turn, record);
    if (fault) settle_fault(std::move(turn), std::move(record), std::move(*fault));
    free_ += held;
    --running_;
    changed_.notify_all();
  }

  // Records a case that is done; the fault where that cannot be.
  std::optional<Error> finish(const Turn& turn, CaseRecord& record) {
    try {
      record_.save(record);
    } catch (...) {
      return fault_of_case();
    }
    if (record.estimated_bytes > 0 && record.peak_bytes > worth_learning_from)
      raise_ = std::max(raise_, static_cast<double>(record.peak_bytes) / static_cast<double>(record.estimated_bytes));
    progress_->advance(1, record.id);
    ++result_.made;
    result_.cases[turn.index] = std::move(record);
    return {};
  }

  void settle_fault(Turn turn, CaseRecord record, Error fault) {
    if (is_stop(fault)) {  // stays begun
      if (!first_ && !stop_requested()) first_ = fault;
      return;
    }
    if (fault.kind() == ErrorKind::resource && free_bytes(settings_.target) < least_disk) {
      if (!first_) first_ = fault;
      return;
    }
    ++turn.attempts;
    if (turn.attempts < settings_.attempts && fault.kind() != ErrorKind::configuration) {
      turn.alone = fault.kind() == ErrorKind::resource;
      log::debug(fmt::format("case {}: {}; it is tried again", record.id, fault.what()));
      settings_.fail_fast ? waiting_.push_front(turn) : waiting_.push_back(turn);
      return;
    }
    fail(turn, std::move(record), fault);
  }

  void fail(const Turn& turn, CaseRecord record, const Error& fault) {
    const Job& job = jobs_[turn.index];
    record.state = CaseRecord::State::failed;
    record.error_kind = fault.kind();
    record.error = fault.what();
    if (record.inputs.size() != job.inputs.size()) {
      record.inputs.clear();
      for (const std::string& input : job.inputs)
        record.inputs.push_back(record_.is_kept() ? digest_if_readable(input) : FileStamp{input, 0, 0, ""});
    }
    if (const CaseRecord* earlier = record_.known(record.id)) record.outputs = earlier->outputs;
    try {
      record_.save(record);
    } catch (const Error& error) {
      if (!first_) first_ = error;
    }
    log::error(fmt::format("case {}: {}", record.id, fault.what()));
    if (settings_.fail_fast && !first_) first_ = fault.within("case " + record.id);
    progress_->advance(1, record.id);
    result_.cases[turn.index] = std::move(record);
  }

  const std::vector<Job>& jobs_;
  const BatchWork& work_;
  const BatchSettings& settings_;
  BatchRecord record_;
  BatchResult result_;
  std::optional<Progress> progress_;

  std::mutex mutex_;  // of all below, and of result_ while workers run
  std::condition_variable changed_;
  std::deque<Turn> waiting_;
  int running_ = 0;
  std::uint64_t available_ = 0, free_ = 0;  // bytes for cases: in all, and not held
  double raise_ = 1;                        // of estimates, by the largest that was found too small
  std::optional<Error> first_;              // what ends the batch
};

void require_names(const std::vector<Job>& jobs) {
  std::set<std::string> seen;
  for (const Job& job : jobs)
    if (!seen.insert(job.id).second)
      throw Error(ErrorKind::data, "two cases are called '" + job.id + "'", job.inputs.empty() ? "" : job.inputs.front(),
                  "give each case a name of its own");
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const auto parts = split(text, '/');
  const auto number = parts.size() == 2 ? parse_integer(parts[0]) : std::nullopt;
  const auto of = parts.size() == 2 ? parse_integer(parts[1]) : std::nullopt;
  if (!number || !of || *number < 1 || *of < *number || *of > 100000)
    throw std::invalid_argument("K/N, as 2/4 for the second of four");
  return {static_cast<std::size_t>(*number), static_cast<std::size_t>(*of)};
}

BatchResult run_batch(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings) {
  require_names(jobs);
  make_folder(settings.target);
  return BatchRun(jobs, work, settings).run();
}

std::vector<std::size_t> outstanding(const std::vector<Job>& jobs, const BatchWork& work, const BatchSettings& settings) {
  require_names(jobs);
  BatchRecord record(work, settings, BatchRecord::Use::look);
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (!record.settled(jobs[i])) indices.push_back(i);
  return indices;
}

}  // namespace plexus
