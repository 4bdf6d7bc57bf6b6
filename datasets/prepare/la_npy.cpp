#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/h5.hpp>

#include "la_volume.hpp"
#include "lists.hpp"
#include "npy_files.hpp"
#include "npy_steps.hpp"

namespace plexus::datasets {

void LaNpy::Settings::declare(Options& options) {
  options.add("ratios", ratios, "parts of the training volumes that are labelled, one set of lists each");
  options.add("missing", missing, "listed volumes that are not there: an error, or left out").one_of({"error", "skip"});
  options.rule([this]() -> std::string {
    for (const auto& ratio : ratios)
      if (const auto value = parse_real(ratio); !value || *value <= 0 || *value > 1)
        return "ratios: '" + ratio + "' is not between 0 and 1";
    return "";
  });
}

std::vector<Job> LaNpy::jobs(const std::string& source, const std::string&) const {
  std::vector<Job> all;
  for (const char* list : {"train.list", "test.list"}) {
    for (const auto& id : read_list(std::filesystem::path(source) / list)) {
      const auto file = la_file(source, id);
      if (!std::filesystem::exists(file) && settings_.missing == "skip") continue;
      all.push_back(npy_job(id, file, file, std::uint64_t{64} << 20));
      all.back().inputs.push_back((std::filesystem::path(source) / list).string());
    }
  }
  return all;
}

void LaNpy::run(const Job& job, const std::string& target, Rng&, Context&) const {
  write_npy_pair(target, job.id, read_la(job.inputs.front()));
}

void LaNpy::finish(const std::vector<Job>& done, const std::string& target) const {
  std::vector<std::string> train, test;
  for (const auto& job : done) (job.inputs.back().ends_with("train.list") ? train : test).push_back(job.id);
  std::sort(train.begin(), train.end());
  NamedLists lists{{"test", test}};
  for (const auto& ratio : settings_.ratios) {
    const auto border =
        train.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(train.size()) * *parse_real(ratio) + 1e-9);
    lists.emplace_back("labeled_" + ratio, std::vector<std::string>(train.begin(), border));
    lists.emplace_back("unlabeled_" + ratio, std::vector<std::string>(border, train.end()));
    lists.emplace_back("eval_" + ratio, std::vector<std::string>(train.begin(), border));
  }
  write_npy_lists(target, lists, done);
}

}  // namespace plexus::datasets
