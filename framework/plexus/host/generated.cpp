#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/data_info_json.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/nn/numpy_pickle.hpp>

namespace plexus {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kList = "samples.json";
constexpr const char* kUnfinished = "samples.part.json";

json to_json(const GeneratedSample& sample) {
  json numbers = json::object();
  for (const auto& [name, value] : sample.numbers) numbers[name] = value;
  return {{"id", sample.id}, {"case", sample.case_id}, {"subset", sample.subset}, {"file", sample.file}, {"fields", sample.fields}, {"numbers", numbers}};
}

GeneratedSample from_json(const json& value) {
  GeneratedSample sample{value.at("id"), value.at("case"), value.value("subset", ""), value.at("file"), value.at("fields"), {}};
  const json numbers = value.value("numbers", json::object());
  for (const auto& [name, number] : numbers.items()) sample.numbers.emplace_back(name, number.get<double>());
  return sample;
}

std::vector<GeneratedSample> read_list(const fs::path& file, DataInfo& info) {
  std::vector<GeneratedSample> samples;
  try {
    const json content = json::parse(read_file(file));
    info = data_info_from_json(content.at("info"));
    for (const json& sample : content.at("samples")) samples.push_back(from_json(sample));
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, std::string("is not a list of generated samples: ") + error.what(), file.string());
  }
  return samples;
}

}  // namespace

FieldRole field_role(const std::string& name, const at::Tensor& field) {
  if (field.dim() == 0) return FieldRole::number;
  return field.scalar_type() == at::kByte && !name.starts_with("label") ? FieldRole::picture : FieldRole::data;
}

void write_picture(const fs::path& path, const at::Tensor& picture) {
  if (picture.dim() != 2 && picture.dim() != 3) throw std::logic_error("write_picture: [H, W] or [3, H, W]");
  write_image(path, picture.dim() == 2 ? picture.unsqueeze(0) : picture.unsqueeze(1), {});
}

SampleFolder::SampleFolder(fs::path folder, DataInfo info, std::int64_t pictures, bool resume)
    : folder_(std::move(folder)), info_(std::move(info)), pictures_(pictures) {
  make_folder(folder_ / "samples");
  fs::remove(folder_ / kList);
  if (resume && fs::exists(folder_ / kUnfinished)) {
    DataInfo before;
    for (auto& sample : read_list(folder_ / kUnfinished, before)) {
      if (!fs::exists(folder_ / sample.file)) continue;
      had_.insert({sample.subset, sample.id});
      samples_.push_back(std::move(sample));
    }
  } else {
    fs::remove(folder_ / kUnfinished);
  }
}

void SampleFolder::write(Sample sample) {
  const std::string below = subset_.empty() ? "samples/" : "samples/" + safe_name(subset_) + "/";  // one id may be of two subsets
  make_folder(folder_ / below);
  GeneratedSample made{sample.id, sample.case_id, subset_, below + safe_name(sample.id) + ".h5", {}, {}};
  std::vector<std::pair<std::string, at::Tensor>> data;
  const bool shown = static_cast<std::int64_t>(samples_.size()) < pictures_;
  for (const auto& [name, tensor] : sample.fields) {
    const FieldRole role = field_role(name, tensor);
    if (role == FieldRole::number) {
      made.numbers.emplace_back(name, tensor.item<double>());
    } else if (role == FieldRole::data) {
      data.emplace_back(name, tensor.cpu().contiguous());
      made.fields.push_back(name);
    } else if (shown) {
      make_folder(folder_ / "pictures");
      write_picture(folder_ / "pictures" / (safe_name(sample.id + "_" + name) + ".png"), tensor);
    }
  }
  write_h5(folder_ / made.file, data);
  samples_.push_back(std::move(made));
  list(folder_ / kUnfinished);
}

void SampleFolder::list(const fs::path& file) const {
  json samples = json::array();
  for (const GeneratedSample& sample : samples_) samples.push_back(to_json(sample));
  write_file(file, json{{"info", data_info_to_json(info_)}, {"samples", samples}}.dump(1) + "\n");
}

void SampleFolder::finish() {
  list(folder_ / kList);
  fs::remove(folder_ / kUnfinished);
}

GeneratedDataset::GeneratedDataset(fs::path folder) : folder_(std::move(folder)) {
  if (!fs::exists(folder_ / kList))
    throw Error(ErrorKind::data, "holds no list of generated samples", (folder_ / kList).string(),
                "run the stage that generates them to its end");
  samples_ = read_list(folder_ / kList, info_);
}

std::vector<std::string> GeneratedDataset::subsets() const {
  std::vector<std::string> names{"labeled", "all"};
  for (const auto& sample : samples_)
    if (sample.subset != samples_.front().subset && std::find(names.begin(), names.end(), sample.subset) == names.end())
      names.push_back(sample.subset);
  return names;
}

std::vector<std::size_t> GeneratedDataset::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, "generated samples have no subset '" + name + "'" + did_you_mean(name, names), folder_.string());
  const bool first = name == "labeled" || name == "all";
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < samples_.size(); ++i)
    if (first ? samples_[i].subset == samples_.front().subset : samples_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample GeneratedDataset::get(std::size_t index, Rng&) const {
  Sample sample = describe(index);
  for (const std::string& field : samples_.at(index).fields) sample.fields[field] = read_h5(folder_ / samples_[index].file, field);
  return sample;
}

Sample GeneratedDataset::describe(std::size_t index) const {
  Sample sample;
  sample.id = samples_.at(index).id;
  sample.case_id = samples_[index].case_id;
  return sample;
}

std::vector<std::string> GeneratedDataset::files() const {
  std::vector<std::string> files{(folder_ / kList).string()};
  for (const auto& sample : samples_) files.push_back((folder_ / sample.file).string());
  return files;
}

void write_pairs(const fs::path& path, const Dataset& samples, const std::vector<double>& label_values) {
  PickleValue::Items pairs;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  Rng rng(0);
  for (const std::size_t index : samples.subset("all")) {
    const Sample sample = samples.get(index, rng);
    const at::Tensor image = sample.fields.at("image").to(at::kFloat).squeeze(0);
    const at::Tensor label = sample.fields.at("label").to(at::kFloat) * (label_values[1] - label_values[0]) + label_values[0];
    if (image.dim() != 2) throw Error(ErrorKind::data, "pairs are planes of one channel", sample.id);
    const std::string number = std::to_string(index);
    tensors.emplace_back("image/" + number, image.contiguous());
    tensors.emplace_back("label/" + number, label.contiguous());
    pairs.push_back(PickleValue::tuple({image, label}));
  }
  if (path.extension() == ".h5") return write_h5(path, tensors);
  write_file(path, numpy_pickle(PickleValue::list(std::move(pairs))));
}

}  // namespace plexus
