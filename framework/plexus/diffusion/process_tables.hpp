#pragma once
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

// The tables of a process, and their float32 copies on each device that asked for them.
struct Process::Tables {
  Tables(const std::vector<double>& betas, const ProcessSettings& settings);
  std::vector<double>& operator[](Table which) { return rows[static_cast<std::size_t>(which)]; }
  at::Tensor on(at::Device device);  // [tables, steps]; [any thread]

  std::array<std::vector<double>, static_cast<std::size_t>(Table::count)> rows;

 private:
  std::mutex mutex_;
  std::map<std::pair<int, int>, at::Tensor> copies_;
};

}  // namespace plexus::diffusion
