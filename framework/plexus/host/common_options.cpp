// The options that verbs share: declared once, so that a name means the same everywhere.
#include <stdexcept>

#include <plexus/base/text.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/machine.hpp>

namespace plexus {
namespace {

int count_above_zero(const std::string& text) {
  const auto value = parse_integer(text);
  if (!value || *value < 1 || *value > 4096) throw std::invalid_argument("a whole number from 1 to 4096");
  return static_cast<int>(*value);
}

std::uint64_t seed_number(const std::string& text) {
  const auto value = parse_integer(text);
  if (!value || *value < 0) throw std::invalid_argument("a whole number, 0 or more");
  return static_cast<std::uint64_t>(*value);
}

bool is_device(const std::string& text) {
  if (text == "cpu" || text == "cuda") return true;
  if (text.rfind("cuda:", 0) != 0) return false;
  const auto index = parse_integer(text.substr(5));
  return index && *index >= 0 && *index < 64;
}

}  // namespace

CommandLine& CommandLine::common(const std::vector<Common>& taken) {
  auto& to = shared_;
  const auto counted = [this](std::string name, char letter, int& member, std::string doc) {
    Item item{std::move(name), letter, "N", std::move(doc), std::to_string(member)};
    item.take = [&member](const std::string& text) { member = count_above_zero(text); };
    add(std::move(item));
  };
  const std::size_t own = options_.size();
  for (const Common one : taken) {
    switch (one) {
      case Common::device:
        option("device", 'd', to.device, "NAME", "where to compute: cpu, cuda or cuda:N");
        last().take = [&to](const std::string& text) {
          if (!is_device(text)) throw std::invalid_argument("cpu, cuda or cuda:N");
          to.device = text;
        };
        break;
      case Common::jobs:
        to.jobs = default_jobs();
        counted("jobs", 'j', to.jobs, "data workers; results do not depend on them");
        break;
      case Common::case_jobs:
        to.jobs = default_compute_threads();
        counted("jobs", 'j', to.jobs, "cases at a time, at most; results do not depend on it");
        break;
      case Common::compute_threads:
        to.compute_threads = default_compute_threads();
        counted("compute-threads", '\0', to.compute_threads,
                "LibTorch's threads; equal numbers give equal bits (PLEXUS_NUM_THREADS, OMP_NUM_THREADS)");
        break;
      case Common::memory_limit: {
        Item item{"memory-limit", '\0', "SIZE", "memory to stay below, as 16G or 512M (default: the machine's)"};
        item.take = [&to](const std::string& text) { to.memory_limit = parse_bytes(text); };
        add(std::move(item));
        break;
      }
      case Common::seed: {
        Item item{"seed", '\0', "N", "seed of all random draws (default: the pipeline's)"};
        item.take = [&to](const std::string& text) { to.seed = seed_number(text); };
        add(std::move(item));
        break;
      }
      case Common::deterministic:
        flag("deterministic", '\0', to.deterministic, "refuse kernels that may differ from run to run");
        break;
      case Common::resume:
        option("resume", '\0', to.resume, "WHEN",
               "go on with work begun earlier: auto, never, or must (fail where there is none)");
        one_of({"auto", "never", "must"});
        break;
      case Common::overwrite:
        flag("overwrite", '\0', to.overwrite, "replace results that are there");
        break;
      case Common::dry_run:
        flag("dry-run", '\0', to.dry_run, "say what would be done, and do nothing");
        break;
      case Common::keep_going:
        flag("keep-going", '\0', keep_going_, "after a case that failed go on with the others (the default)");
        flag("fail-fast", '\0', to.fail_fast, "stop at the first case that fails");
        break;
      case Common::plugin_path: {
        Item item{"plugin-path", '\0', "FOLDER", "look for plugins here first; may be repeated (PLEXUS_PLUGIN_PATH)"};
        item.is_list = true;
        item.take = [&to](const std::string& text) {
          if (text.empty()) throw std::invalid_argument("a folder");
          to.plugin_path.emplace_back(text);
        };
        add(std::move(item));
        break;
      }
      case Common::set:
        option("set", '\0', to.set, "KEY=VALUE", "replace one value of the pipeline, as train.lr=0.02; may be repeated");
        last().take = [&to](const std::string& text) {
          if (text.find('=') == std::string::npos || text.front() == '=') throw std::invalid_argument("KEY=VALUE");
          to.set.push_back(text);
        };
        break;
      case Common::json:
        flag("json", '\0', to.json, "print results as JSON");
        break;
    }
  }
  for (std::size_t i = own; i < options_.size(); ++i) options_[i].heading = "Common options";
  return *this;
}

}  // namespace plexus
