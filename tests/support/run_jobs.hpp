#pragma once
#include <gtest/gtest.h>

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

#include <plexus/sdk/preprocessor.hpp>

namespace plexus::test {

class NoContext : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view, const std::vector<std::string>&, at::IntArrayRef, Distribution) override { return {}; }
  void minimise(std::string_view, const at::Tensor&) override {}
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}
};

// Runs every job of a step and its end, and expects the outputs that the jobs name.
inline void run_jobs(const Preprocessor& step, const std::string& source, const std::string& target) {
  NoContext context;
  Rng rng;
  const auto jobs = step.jobs(source, target);
  for (const auto& job : jobs) {
    step.run(job, target, rng, context);
    for (const auto& output : job.outputs)
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(target) / output)) << output;
  }
  step.finish(jobs, target);
}

}  // namespace plexus::test
