#include <filesystem>

#include <ATen/core/Tensor.h>

#include <plexus/base/error.hpp>
#include <plexus/data/volume_format.hpp>

#include "npy_files.hpp"
#include "npy_steps.hpp"
#include "shipped_lists.hpp"

namespace plexus::datasets {

void SynapseNpy::Settings::declare(Options& options) {
  options.add("lists", lists, "published, or dealt anew by their rule").one_of({"published", "dealt"});
  options.add("seed", seed, "of the deal");
  options.add("size", size, "of all volumes: depth, height, width").unit("voxels").range(1, 4096);
  options.rule([this]() -> std::string { return size.size() == 3 ? "" : "size: expected three numbers"; });
}

std::vector<Job> SynapseNpy::jobs(const std::string& source, const std::string&) const {
  const std::filesystem::path root = source;
  const auto images = volumes_by_name(root / "imagesTr"), labels = volumes_by_name(root / "labelsTr");
  std::vector<Job> all;
  for (const auto& [name, image] : images) {
    const auto id = name.starts_with("img") ? name.substr(3) : name;
    const auto label = labels.find("label" + id);
    if (label == labels.end()) throw Error(ErrorKind::data, "its label label" + id + ".nii.gz is not there", image.string());
    all.push_back(npy_job(id, image, label->second, std::uint64_t{512} * 512 * 200 * 16));
  }
  if (all.empty())
    throw Error(ErrorKind::data, "holds no volumes", (root / "imagesTr").string(),
                "give the folder with imagesTr/img0001.nii.gz");
  return all;
}

void SynapseNpy::run(const Job& job, const std::string& target, Rng&, Context&) const {
  const auto raw = read_pair(job);
  write_npy_pair(target, job.id, prepared_synapse({raw.image[0], raw.label[0]}, settings_.size));
}

void SynapseNpy::finish(const std::vector<Job>& done, const std::string& target) const {
  if (settings_.lists == "published") {
    NamedLists lists;
    for (const std::string name : {"labeled_0.2", "unlabeled_0.2", "eval", "test"})
      lists.emplace_back(name, shipped_list("synapse/" + name));
    return write_npy_lists(target, lists, done);
  }
  // int(0.8 n) for training and validation, of these int(5/6) for training, of those int(0.2) labelled.
  std::vector<std::string> ids;
  for (const auto& job : done) ids.push_back(job.id);
  ids = shuffled(ids, Rng(static_cast<std::uint64_t>(settings_.seed)).fork("synapse"));
  const auto kept = static_cast<std::ptrdiff_t>(static_cast<double>(ids.size()) * 0.8), train = kept * 5 / 6,
             labeled = train / 5;
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<std::string>(ids.begin() + from, ids.begin() + to);
  };
  write_npy_lists(target,
                  {{"labeled_0.2", part(0, labeled)},
                   {"unlabeled_0.2", part(labeled, train)},
                   {"eval", part(train, kept)},
                   {"test", part(kept, static_cast<std::ptrdiff_t>(ids.size()))}},
                  done);
}

}  // namespace plexus::datasets
