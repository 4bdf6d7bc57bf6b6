#pragma once
#include <string>

#include <plexus/data/volume.hpp>
#include <plexus/host/command_line.hpp>

namespace plexus {

// --series, --uneven and --on-shear of the verbs that read scans.
class ReadingOptions {
 public:
  void declare(CommandLine& line);
  ReadOptions options() const;
  const std::string& on_shear() const { return on_shear_; }

 private:
  std::string on_shear_ = "error";
  ReadOptions read_;
};

}  // namespace plexus
