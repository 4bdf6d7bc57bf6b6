#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

#include <plexus/sdk/trainer.hpp>

namespace plexus::test {

// The first step of a training of `steps`: every stream gives the same batch.
class OneStep final : public StepInput {
 public:
  explicit OneStep(Batch batch, std::int64_t steps = 10) : batch_(std::move(batch)), steps_(steps) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return 0; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch batch_;
  std::int64_t steps_;
};

}  // namespace plexus::test
