#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/host/data_info_json.hpp>
#include <plexus/host/generated.hpp>

namespace plexus {
namespace fs = std::filesystem;
using nlohmann::json;

SampleFolder::SampleFolder(fs::path folder, DataInfo info) : folder_(std::move(folder)), info_(std::move(info)) {
  make_folder(folder_ / "samples");
  fs::remove(folder_ / "samples.json");
}

void SampleFolder::write(Sample sample) {
  // One sample may be of two subsets.
  const std::string folder = subset_.empty() ? "samples/" : "samples/" + safe_name(subset_) + "/";
  make_folder(folder_ / folder);
  Entry entry{sample.id, sample.case_id, subset_, folder + safe_name(sample.id) + ".h5", {}};
  std::vector<std::pair<std::string, at::Tensor>> fields;
  for (const auto& [name, tensor] : sample.fields) {
    fields.emplace_back(name, tensor.cpu().contiguous());
    entry.fields.push_back(name);
  }
  write_h5(folder_ / entry.file, fields);
  entries_.push_back(std::move(entry));
}

void SampleFolder::finish() {
  json samples = json::array();
  for (const Entry& entry : entries_)
    samples.push_back({{"id", entry.id}, {"case", entry.case_id}, {"subset", entry.subset}, {"file", entry.file}, {"fields", entry.fields}});
  write_file(folder_ / "samples.json", json{{"info", data_info_to_json(info_)}, {"samples", samples}}.dump(2) + "\n");
}

GeneratedDataset::GeneratedDataset(fs::path folder) : folder_(std::move(folder)) {
  const fs::path list = folder_ / "samples.json";
  try {
    const json content = json::parse(read_file(list));
    info_ = data_info_from_json(content.at("info"));
    for (const json& sample : content.at("samples"))
      entries_.push_back({sample.at("id"), sample.at("case"), sample.value("subset", ""), sample.at("file"), sample.at("fields")});
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, std::string("is not a list of generated samples: ") + error.what(), list.string());
  }
}

std::vector<std::string> GeneratedDataset::subsets() const {
  std::vector<std::string> names{"labeled", "all"};
  for (const auto& entry : entries_)
    if (entry.subset != entries_.front().subset && std::find(names.begin(), names.end(), entry.subset) == names.end())
      names.push_back(entry.subset);
  return names;
}

std::vector<std::size_t> GeneratedDataset::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, "generated samples have no subset '" + name + "'" + did_you_mean(name, names), folder_.string());
  const bool first = name == "labeled" || name == "all";
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (first ? entries_[i].subset == entries_.front().subset : entries_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample GeneratedDataset::get(std::size_t index, Rng&) const {
  Sample sample = describe(index);
  for (const std::string& field : entries_.at(index).fields) sample.fields[field] = read_h5(folder_ / entries_[index].file, field);
  return sample;
}

Sample GeneratedDataset::describe(std::size_t index) const {
  Sample sample;
  sample.id = entries_.at(index).id;
  sample.case_id = entries_[index].case_id;
  return sample;
}

std::vector<std::string> GeneratedDataset::files() const {
  std::vector<std::string> files{(folder_ / "samples.json").string()};
  for (const auto& entry : entries_) files.push_back((folder_ / entry.file).string());
  return files;
}

}  // namespace plexus
