#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/data/workers.hpp>
#include <plexus/host/generation.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {
namespace {

bool one_shape(const Sample& a, const Sample& b) {
  return a.fields.size() == b.fields.size() &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && x.second.sizes() == y.second.sizes();
         });
}

// Sources in order, read ahead by workers.
class Sources {
 public:
  explicit Sources(const GenerationInput& input) : input_(input), workers_(std::max(input.jobs, 1)) {}
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  ~Sources() {
    for (const auto& one : pending_) one.wait();  // its task looks at this
  }

  // Throws what reading the source threw.
  Sample next() {
    const auto ahead = input_.jobs > 0 ? static_cast<std::size_t>(2 * input_.batch) : std::size_t{1};
    while (pending_.size() < ahead && asked_ < input_.ids.size()) ask(asked_++);
    auto first = std::move(pending_.front());
    pending_.pop_front();
    return first.get();
  }

 private:
  void ask(std::size_t index) {
    auto task = std::make_shared<std::packaged_task<Sample()>>([this, index] {
      Sample sample = input_.source(index);
      sample.id = input_.ids[index];
      return sample;
    });
    pending_.push_back(task->get_future());
    if (input_.jobs > 0)
      workers_.enqueue([task] { (*task)(); });
    else
      (*task)();
  }

  const GenerationInput& input_;
  std::size_t asked_ = 0;
  std::deque<std::future<Sample>> pending_;
  Workers workers_;
};

}  // namespace

std::int64_t generate_samples(const GenerationInput& input, Sink& sink) {
  auto* generating = dynamic_cast<Generating*>(&input.model);
  if (generating == nullptr) throw Error(ErrorKind::configuration, "the model makes no samples", "", "choose one that generates");
  const EvalMode eval(input.model.networks());
  const at::NoGradGuard no_grad;
  Progress progress(input.title, static_cast<std::int64_t>(input.ids.size()), "samples");
  Sources sources(input);
  std::vector<Sample> group;
  std::int64_t failed = 0;
  const auto make = [&] {
    if (group.empty()) return;
    const auto count = static_cast<std::int64_t>(group.size());
    Batch batch = collate(std::move(group));
    group.clear();
    move_batch(batch, input.context.device(), /*channels_last=*/false);
    seed_torch(input.context.key().fork("default generator").fork(batch.of.front().id));
    generating->generate(batch, sink, input.context);
    progress.advance(count, batch.of.back().id);
  };
  for (const auto& id : input.ids) {
    throw_if_stopped();
    try {
      Sample sample = sources.next();
      if (!group.empty() && !one_shape(group.front(), sample)) make();
      group.push_back(std::move(sample));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data || !input.keep_going) throw;
      log::error(id + ": " + error.what());
      ++failed;
    }
    if (static_cast<std::int64_t>(group.size()) >= input.batch) make();
  }
  make();
  progress.finish();
  return failed;
}

std::string copy_id(const std::string& id, std::int64_t copy, std::int64_t count) {
  return count == 1 ? id : id + "_" + std::to_string(copy);
}

}  // namespace plexus
