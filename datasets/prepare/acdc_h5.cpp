#include "acdc_h5.hpp"

#include <filesystem>
#include <map>
#include <regex>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

#include "volume_job.hpp"

namespace plexus::datasets {

void AcdcH5::Settings::declare(Options& options) {
  options.add("val", val, "patients of val.list").range(0).unit("patients");
  options.add("test", test, "patients of test.list").range(0).unit("patients");
  options.add("seed", seed, "of the deal");
}

std::vector<Job> AcdcH5::jobs(const std::string& source, const std::string&) const {
  static const std::regex frame(R"((patient\d+)_frame(\d+)\.nii(\.gz)?)");
  if (!std::filesystem::is_directory(source))
    throw Error(ErrorKind::data, "is no folder", source, "give the folder of the ACDC patients");
  std::map<std::string, std::map<int, std::filesystem::path>> patients;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    std::smatch match;
    const auto name = entry.path().filename().string();
    if (!std::regex_match(name, match, frame)) continue;
    patients[match[1]][std::stoi(match[2])] = entry.path();
  }
  if (patients.empty())
    throw Error(ErrorKind::data, "holds no file patientNNN_frameNN.nii.gz", source, "give the folder of the ACDC patients");
  std::vector<Job> jobs;
  for (const auto& [patient, frames] : patients) {
    int number = 0;
    for (const auto& [original, image] : frames) {
      const auto suffix = image.extension() == ".gz" ? ".nii.gz" : ".nii";
      const auto label = image.parent_path() / fmt::format("{}_frame{:02}_gt{}", patient, original, suffix);
      jobs.push_back(volume_job(fmt::format("{}_frame{:02}", patient, ++number), image, label));
    }
  }
  return jobs;
}

void AcdcH5::run(const Job& job, const std::string& target, Rng&, Context&) const { run_volume_job(job, target); }

void AcdcH5::finish(const std::vector<Job>& done, const std::string& target) const {
  write_layout_lists(target, dealt(layout_cases(done), settings_.val, settings_.test,
                                   Rng(static_cast<std::uint64_t>(settings_.seed)).fork("lists")));
}

}  // namespace plexus::datasets
