#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <plexus/sdk/model.hpp>

namespace plexus {

// The running statistics of the batch-norm layers of networks, for re-estimation: what was there when this was made comes back
// when it is destroyed.
class BatchStatistics {
 public:
  explicit BatchStatistics(const std::vector<Network>& networks);
  BatchStatistics(const BatchStatistics&) = delete;
  BatchStatistics& operator=(const BatchStatistics&) = delete;
  ~BatchStatistics();
  bool empty() const;  // no layer keeps statistics
  // Zeroes the statistics; the layers then average equally over the batches they see (momentum: none).
  void begin();
  // Ends the equal averaging. Networks that are not named, and layers that saw no batch, get back what they had.
  void end(const std::vector<std::string>& refreshed);

 private:
  struct Layer;
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace plexus
