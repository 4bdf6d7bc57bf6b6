#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/file.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/events.hpp>

namespace plexus {

// How far the files of curves had come when a checkpoint was written.
struct RecordedBytes {
  std::uint64_t metrics = 0, events = 0;
};

// "supervised 0.412": a term as progress lines and logs tell it.
std::string term_in_words(const std::string& name, double value);

// Curves of a training: metrics.csv (columns step,epoch,series,value; one row for each term of every step) and an event file
// with the same series at the cadence of logging. Series: "loss/TERM", "lr/OPTIMIZER", "val/score", "val/METRIC/LABEL".
// Steps count from 1 over all phases: a row of step n tells of the n-th optimiser step.
// Losses stay on the device until `flush`, which reads them in one go.
class Recorder {
 public:
  // Cuts files that are there to `bytes`; zeros begin anew.
  Recorder(const std::filesystem::path& folder, RecordedBytes bytes);

  void losses(std::int64_t step, std::int64_t epoch, const Losses& terms);
  void values(std::int64_t step, std::int64_t epoch, const std::vector<std::pair<std::string, double>>& series);

  struct Bad {
    std::int64_t step;
    std::string term;
  };
  // Reads what is pending and writes the curves. Returns the first losses that are not finite, earliest step first, if any.
  std::vector<Bad> flush();
  // "supervised 0.412, rectify 0.087": the terms of the latest step that was read.
  const std::string& latest() const noexcept { return latest_; }
  RecordedBytes bytes() const;  // after a flush
  void sync();                  // to the disk

 private:
  struct Pending {
    std::int64_t step, epoch;
    std::vector<std::string> names;
  };
  void row(std::int64_t step, std::int64_t epoch, const std::string& series, double value);

  AppendFile metrics_;
  EventFile events_;
  std::vector<Pending> pending_;
  std::vector<at::Tensor> tensors_;
  std::string text_, latest_;
};

}  // namespace plexus
