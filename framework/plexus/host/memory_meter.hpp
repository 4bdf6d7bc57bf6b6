#pragma once
#include <cstdint>
#include <memory>

namespace plexus {

// Counts the tensors that this thread makes and gives back while it lives: what a case that is worked on by one thread holds
// at most.
class MemoryMeter {
 public:
  MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;
  ~MemoryMeter();
  std::uint64_t peak_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Memory of this process that is in use now, and the most there was.
std::uint64_t resident_bytes();
std::uint64_t peak_resident_bytes();

}  // namespace plexus
