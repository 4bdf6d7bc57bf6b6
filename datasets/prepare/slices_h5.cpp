#include "slices_h5.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/volume_format.hpp>

#include "dataset_json.hpp"
#include "volume_job.hpp"

namespace plexus::datasets {

void SlicesH5::Settings::declare(Options& options) {
  options.add("val", val, "cases of val.list, without splits in dataset.json").range(0).unit("cases");
  options.add("test", test, "cases of test.list, without splits in dataset.json").range(0).unit("cases");
  options.add("seed", seed, "of the deal");
}

std::vector<Job> SlicesH5::jobs(const std::string& source, const std::string&) const {
  const std::filesystem::path root = source;
  const auto images = volumes_by_name(root / "images"), labels = volumes_by_name(root / "labels");
  if (images.empty()) throw Error(ErrorKind::data, "holds no volumes", (root / "images").string(), "put the scans there");
  std::vector<Job> jobs;
  for (const auto& [name, image] : images) {
    const auto label = labels.find(name);
    jobs.push_back(volume_job(name, image, label == labels.end() ? std::filesystem::path() : label->second));
  }
  return jobs;
}

void SlicesH5::run(const Job& job, const std::string& target, Rng&, Context&) const { run_volume_job(job, target); }

void SlicesH5::finish(const std::vector<Job>& done, const std::string& target) const {
  if (done.empty()) return;
  const auto root = std::filesystem::path(done.front().inputs.front()).parent_path().parent_path();
  const auto splits = read_dataset_json(root).splits;
  const auto cases = layout_cases(done);
  const auto has_label = [&done](const LayoutCase& one) {
    return std::any_of(done.begin(), done.end(), [&](const Job& job) { return job.id == one.id && job.inputs.size() > 1; });
  };
  LayoutLists lists;
  if (splits.empty()) {
    std::vector<LayoutCase> labeled, others;
    for (const auto& one : cases) (has_label(one) ? labeled : others).push_back(one);
    lists = dealt(labeled, settings_.val, settings_.test, Rng(static_cast<std::uint64_t>(settings_.seed)).fork("lists"));
    lists.train.insert(lists.train.end(), others.begin(), others.end());
  }
  const auto take = [&](const char* subset, std::vector<LayoutCase>& list) {
    const auto names = splits.find(subset);
    if (names == splits.end()) return;
    for (const auto& name : names->second) {
      const auto found = std::find_if(cases.begin(), cases.end(), [&](const LayoutCase& one) { return one.id == name; });
      if (found == cases.end())
        throw Error(ErrorKind::data, fmt::format("the subset '{}' names '{}', which was not prepared", subset, name),
                    root.string());
      list.push_back(*found);
    }
  };
  take("labeled", lists.train);
  take("unlabeled", lists.train);
  take("val", lists.val);
  take("test", lists.test);
  write_layout_lists(target, lists);
}

}  // namespace plexus::datasets
