#include <plexus/data/workers.hpp>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <plexus/data/one_thread.hpp>

namespace plexus {
namespace {

// TBB gives no more workers than the machine has cores unless told to, and the smallest of several limits holds. So one for
// the whole process, beyond what anybody asks for; each arena has its own.
int allowed(int count) {
  static const auto* const limit = new tbb::global_control(tbb::global_control::max_allowed_parallelism, 256);
  (void)limit;
  return count;
}

struct OneThreadEach final : tbb::task_scheduler_observer {
  explicit OneThreadEach(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) { observe(true); }
  ~OneThreadEach() override { observe(false); }
  void on_scheduler_entry(bool) override { calculate_on_one_thread(); }
};

}  // namespace

struct Workers::State {
  tbb::task_arena arena;
  std::unique_ptr<OneThreadEach> observer;
};

Workers::Workers(int count) : state_(new State{tbb::task_arena(allowed(count), 0), nullptr}) {
  state_->arena.initialize();
  state_->observer = std::make_unique<OneThreadEach>(state_->arena);
}

Workers::~Workers() = default;

void Workers::enqueue(std::function<void()> task) { state_->arena.enqueue(std::move(task)); }

}  // namespace plexus
