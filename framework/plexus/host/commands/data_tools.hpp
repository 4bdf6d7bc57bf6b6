#pragma once
#include <string>
#include <vector>

#include <plexus/host/batch.hpp>
#include <plexus/host/case_files.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/reading_options.hpp>

namespace plexus {

int data_info(const std::vector<std::string>& args);

// Verbs of `plexus data` that look at many cases; each has a file of its own.
int data_verify(const std::vector<std::string>& args);
int data_fingerprint(const std::vector<std::string>& args);
int data_convert(const std::vector<std::string>& args);

// What they share: cases found in `inputs`, and a batch without record over them.
struct DataInputs {
  std::vector<std::string> paths;
  std::string layout = "auto";
  ReadingOptions reading;
  void declare(CommandLine& line);
  // Without the argument IN: --layout, --series, --uneven, --on-shear.
  void declare_reading(CommandLine& line);
  FoundCases find() const;
};
// `work` gives the details of a case as JSON. Memory is estimated from the headers: `copies` float32 images in all.
BatchResult look_at_cases(const FoundCases& found, const ReadOptions& reading, const std::string& title,
                          const BatchSettings& settings, double copies,
                          const std::function<BatchWork::Outcome(const CaseFiles&)>& work);

}  // namespace plexus
