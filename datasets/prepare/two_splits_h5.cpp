#include "two_splits_h5.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/random.hpp>
#include <plexus/data/volume_format.hpp>


namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFirstSlice = 0;

}  // namespace

void TwoSplitsDeal::declare(Options& options) {
  options.add("val", val, "patients of each val.list").range(1).unit("patients");
  options.add("seed", seed, "of the two deals");
}

void TwoSplitsDeal::write(const std::vector<Job>& done, const std::string& target) const {
  const Rng rng(static_cast<std::uint64_t>(seed));
  for (const std::string split : {"split1", "split2"}) {
    auto lists = dealt(layout_cases(done), val, 0, rng.fork(split));
    lists.test = lists.val;
    make_folder(fs::path(target) / split);
    write_layout_lists(fs::path(target) / split, lists, kFirstSlice);
  }
}

void MsCmrSeg19H5::Settings::declare(Options& options) {
  TwoSplitsDeal::declare(options);
  options.add("values", values, "stored values of right ventricle, myocardium and left ventricle, which become 1, 2, 3");
  options.rule(
      [this]() -> std::string { return values.size() == 3 ? "" : "values: expected three, for the classes 1, 2 and 3"; });
}

MsCmrSeg19H5::MsCmrSeg19H5(const Settings& settings) : settings_(settings) {
  for (std::size_t i = 0; i < settings.values.size(); ++i)
    reading_.labels[settings.values[i]] = static_cast<std::int64_t>(i) + 1;
  reading_.first_slice = kFirstSlice;
}

std::vector<Job> MsCmrSeg19H5::jobs(const std::string& source, const std::string&) const {
  static const std::regex pattern(R"((patient\d+_LGE)(_manual)?\.nii(\.gz)?)");
  if (!fs::is_directory(source))
    throw Error(ErrorKind::data, "is no folder", source, "give the folder of the challenge's files");
  std::map<std::string, fs::path> images, labels;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    std::smatch match;
    const auto name = entry.path().filename().string();
    if (std::regex_match(name, match, pattern)) (match[2].matched ? labels : images)[match[1]] = entry.path();
  }
  std::vector<Job> all;
  for (const auto& [id, label] : labels) {
    const auto image = images.find(id);
    if (image == images.end())
      throw Error(ErrorKind::data, "its image " + id + ".nii.gz is nowhere below " + source, label.string());
    all.push_back(volume_job(id, image->second, label, reading_));
  }
  if (all.empty())
    throw Error(ErrorKind::data, "holds no file patientN_LGE_manual.nii.gz", source,
                "give the folder with the challenge's LGE images and their labels");
  return all;
}

void MsCmrSeg19H5::run(const Job& job, const std::string& target, Rng&, Context&) const {
  run_volume_job(job, target, reading_);
}

void MsCmrSeg19H5::finish(const std::vector<Job>& done, const std::string& target) const { settings_.write(done, target); }

void ProstateH5::Settings::declare(Options& options) {
  TwoSplitsDeal::declare(options);
  options.add("channel", channel, "which of the two images").one_of({"t2", "adc"});
}

ProstateH5::ProstateH5(const Settings& settings) : settings_(settings) {
  reading_.channel = settings.channel == "t2" ? 0 : 1;
  reading_.first_slice = kFirstSlice;
}

std::vector<Job> ProstateH5::jobs(const std::string& source, const std::string&) const {
  const fs::path root = source;
  const auto images = volumes_by_name(root / "imagesTr"), labels = volumes_by_name(root / "labelsTr");
  std::vector<Job> all;
  for (const auto& [id, image] : images) {
    const auto label = labels.find(id);
    if (label == labels.end())
      throw Error(ErrorKind::data, "its label is not there", (root / "labelsTr" / image.filename()).string());
    all.push_back(volume_job(id, image, label->second, reading_));
  }
  if (all.empty())
    throw Error(ErrorKind::data, "holds no volumes", (root / "imagesTr").string(), "give the folder Task05_Prostate");
  return all;
}

void ProstateH5::run(const Job& job, const std::string& target, Rng&, Context&) const { run_volume_job(job, target, reading_); }

void ProstateH5::finish(const std::vector<Job>& done, const std::string& target) const { settings_.write(done, target); }

}  // namespace plexus::datasets
