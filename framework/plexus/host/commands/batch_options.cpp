#include <plexus/host/commands/batch_options.hpp>

#include <stdexcept>

#include <plexus/base/error.hpp>
#include <plexus/host/commands/run_options.hpp>

namespace plexus {

BatchSettings batch_settings(const CommandLine& line) {
  const CommonOptions& common = line.shared();
  const RunSettings run = run_settings(line, "");
  BatchSettings settings;
  settings.jobs = common.jobs;
  settings.memory = common.memory_limit;
  settings.resume = run.resume;
  settings.fail_fast = common.fail_fast;
  settings.again = settings.replace = common.overwrite;
  return settings;
}

Shard shard_option(const std::string& text) {
  try {
    return parse_shard(text);
  } catch (const std::invalid_argument& expected) {
    throw Error(ErrorKind::usage, "--shard: '" + text + "' is not " + expected.what());
  }
}

}  // namespace plexus
