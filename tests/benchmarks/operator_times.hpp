#pragma once
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/record_function.h>

#include "process_cost.hpp"

namespace plexus::bench {

// Processor time that LibTorch's operators take themselves, those they call left out, while it lives; of one thread.
class OperatorTimes {
 public:
  OperatorTimes() : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(&enter, &leave).scopes({at::RecordScope::FUNCTION}))) {
    active() = this;
  }
  ~OperatorTimes() {
    at::removeCallback(handle_);
    active() = nullptr;
  }
  OperatorTimes(const OperatorTimes&) = delete;
  OperatorTimes& operator=(const OperatorTimes&) = delete;

  // The `count` longest, with their share of `whole` seconds and how often they ran.
  void print(std::size_t count, double whole) const {
    std::vector<std::pair<double, std::string>> sorted;
    for (const auto& [name, cost] : costs_) sorted.emplace_back(cost.seconds, name);
    std::sort(sorted.rbegin(), sorted.rend());
    for (std::size_t i = 0; i < std::min(count, sorted.size()); ++i) {
      const auto& [seconds, name] = sorted[i];
      std::printf("  %5.1f %%  %7.2f s  %6ld x  %s\n", 100 * seconds / whole, seconds, costs_.at(name).calls, name.c_str());
    }
  }

 private:
  struct Cost {
    double seconds = 0;
    long calls = 0;
  };
  struct Open {
    double begin, inner;
  };
  static OperatorTimes*& active() {
    thread_local OperatorTimes* one = nullptr;
    return one;
  }

  static std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction&) {
    if (active() != nullptr) active()->open_.push_back({processor_seconds(), 0});
    return nullptr;
  }
  static void leave(const at::RecordFunction& function, at::ObserverContext*) {
    if (active() == nullptr || active()->open_.empty()) return;
    auto& all = active()->open_;
    const auto [begin, inner] = all.back();
    all.pop_back();
    const double whole = processor_seconds() - begin;
    if (!all.empty()) all.back().inner += whole;
    auto& cost = active()->costs_[function.name()];
    cost.seconds += whole - inner;
    ++cost.calls;
  }

  at::CallbackHandle handle_;
  std::vector<Open> open_;
  std::map<std::string, Cost> costs_;
};

}  // namespace plexus::bench
