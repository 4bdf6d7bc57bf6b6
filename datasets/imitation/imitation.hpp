#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// Synthetic patients (phantom/) written exactly as a public set's own download lies on disk, so that its preparation, readers
// and pipelines can be tried where the data itself cannot be had. What is seen in them means nothing for the set.
class Imitation final : public Preprocessor {
 public:
  struct Settings {
    std::string of = "acdc";
    std::int64_t cases = 6, seed = 1;
    std::vector<std::int64_t> size{48, 48, 6};  // x, y, z
    void declare(Options& options);
  };
  explicit Imitation(Settings settings) : settings_(std::move(settings)) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;  // `source` is not used
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::datasets
