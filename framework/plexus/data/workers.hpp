#pragma once
#include <functional>
#include <memory>

namespace plexus {

// Threads that are many already: each calculates on one. They take tasks in no order; a task must not throw.
class Workers {
 public:
  explicit Workers(int count);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();  // waits for none: who enqueues knows what is outstanding
  void enqueue(std::function<void()> task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plexus
