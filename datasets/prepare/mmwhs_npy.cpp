#include <cmath>
#include <filesystem>
#include <map>
#include <regex>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/volume.hpp>

#include "lps.hpp"
#include "npy_files.hpp"
#include "npy_steps.hpp"
#include "shipped_lists.hpp"

namespace plexus::datasets {

void MmwhsNpy::Settings::declare(Options& options) {
  options.add("lists", lists, "published, or dealt anew by their rule").one_of({"published", "dealt"});
  options.add("seed", seed, "of the deal");
  options
      .add("preparation", preparation,
           "reference: exactly as published; fixed: with the upper margin and without the zoom's empty last planes")
      .one_of({"reference", "fixed"});
  options.add("size", size, "of all volumes: depth, height, width").unit("voxels").range(1, 4096);
  options.rule([this]() -> std::string { return size.size() == 3 ? "" : "size: expected three numbers"; });
}

std::vector<Job> MmwhsNpy::jobs(const std::string& source, const std::string&) const {
  static const std::regex pattern(R"(((ct|mr)_train_\d+)_(image|label)\.nii(\.gz)?)");
  if (!std::filesystem::is_directory(source))
    throw Error(ErrorKind::data, "is no folder", source, "give the folder with CT/ and MR/");
  std::map<std::string, std::map<std::string, std::filesystem::path>> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    std::smatch match;
    const auto name = entry.path().filename().string();
    if (std::regex_match(name, match, pattern)) found[match[1]][match[3]] = entry.path();
  }
  std::vector<Job> all;
  for (auto& [id, files] : found) {
    if (files.count("image") == 0) throw Error(ErrorKind::data, "its image is not there", files["label"].string());
    if (files.count("label") == 0) throw Error(ErrorKind::data, "its label is not there", files["image"].string());
    all.push_back(npy_job(id, files["image"], files["label"], std::uint64_t{512} * 512 * 300 * 16));
  }
  if (all.empty())
    throw Error(ErrorKind::data, "holds no file ct_train_1001_image.nii.gz or the like", source,
                "give the folder with CT/ and MR/");
  return all;
}

void MmwhsNpy::run(const Job& job, const std::string& target, Rng&, Context&) const {
  const auto image = read_volume(job.inputs[0]), label = read_volume(job.inputs[1], {.label = true});
  if (image.data.sizes() != label.data.sizes())
    throw Error(ErrorKind::data, "its size is not that of " + job.inputs[0], job.inputs[1]);
  // As published, the label is turned by the image's axes.
  const auto turned = turned_to_lps({image.data[0], label.data[0]}, image.geometry);
  write_npy_pair(target, job.id, prepared_mmwhs(job.id, turned, settings_.size, settings_.preparation == "reference"));
}

void MmwhsNpy::finish(const std::vector<Job>& done, const std::string& target) const {
  NamedLists lists;
  if (settings_.lists == "published") {
    for (const std::string name : {"train_ct2mr_labeled", "train_ct2mr_unlabeled", "eval_ct2mr", "test_mr",
                                   "train_mr2ct_labeled", "train_mr2ct_unlabeled", "eval_mr2ct", "test_ct"})
      lists.emplace_back(name, shipped_list("mmwhs/" + name));
    return write_npy_lists(target, lists, done);
  }
  // A fifth for testing; of the rest of the target, four fifths (rounded) are unlabelled and the others validate.
  std::map<std::string, std::vector<std::string>> test, rest;
  for (const std::string modality : {"ct", "mr"}) {
    std::vector<std::string> ids;
    for (const auto& job : done)
      if (job.id.starts_with(modality)) ids.push_back(job.id);
    ids = shuffled(ids, Rng(static_cast<std::uint64_t>(settings_.seed)).fork(modality));
    const auto border = ids.begin() + static_cast<std::ptrdiff_t>(std::lround(static_cast<double>(ids.size()) * 0.2));
    test[modality].assign(ids.begin(), border);
    rest[modality].assign(border, ids.end());
  }
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"ct", "mr"}, {"mr", "ct"}}) {
    const auto& others = rest[to];
    const auto border = others.begin() + static_cast<std::ptrdiff_t>(std::lround(static_cast<double>(others.size()) * 0.8));
    const auto name = from + "2" + to;
    lists.emplace_back("train_" + name + "_labeled", rest[from]);
    lists.emplace_back("train_" + name + "_unlabeled", std::vector<std::string>(others.begin(), border));
    lists.emplace_back("eval_" + name, std::vector<std::string>(border, others.end()));
    lists.emplace_back("test_" + to, test[to]);
  }
  write_npy_lists(target, lists, done);
}

}  // namespace plexus::datasets
