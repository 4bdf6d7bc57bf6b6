#include "case.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "fill.hpp"

namespace plexus::parity {
namespace {

bool plays(const std::string& name, const std::string& role) {
  return name == role || name.ends_with("." + role) || name.starts_with(role + "@") || name.starts_with(role + "/");
}
// "argument.k.tag" of adaptdiff; asked where nothing plays the role otherwise.
bool plays_with_tag(const std::string& name, const std::string& role) { return name.starts_with(role + "."); }

std::filesystem::path checkpoint_of(const nlohmann::json& content, const std::filesystem::path& shared) {
  for (const auto* holder : {&content, &content.at("config")}) {
    if (holder->contains("checkpoint")) return shared / "checkpoints" / holder->at("checkpoint").get<std::string>();
  }
  return {};
}

}  // namespace

bool Case::has_input(const std::string& role) const {
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](const auto& entry) { return plays(entry.first, role) || plays_with_tag(entry.first, role); });
}

const at::Tensor& Case::input(const std::string& role) const {
  if (const auto exact = inputs.find(role); exact != inputs.end()) return exact->second;
  for (const auto rule : {plays, plays_with_tag}) {
    const at::Tensor* found = nullptr;
    for (const auto& [name, tensor] : inputs) {
      if (!rule(name, role)) continue;
      if (found != nullptr) throw std::runtime_error("several inputs could be '" + role + "'");
      found = &tensor;
    }
    if (found != nullptr) return *found;
  }
  throw std::runtime_error("the case has no input '" + role + "'");
}

at::ScalarType Case::dtype() const {
  const auto type = option<std::string>("dtype", "float32");
  if (type == "float64") return at::kDouble;
  if (type == "float32") return at::kFloat;
  throw std::runtime_error("unknown dtype '" + type + "'");
}

const Subject* Subjects::find(const std::string& name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

std::vector<std::filesystem::path> CaseFile::needs(const std::filesystem::path& shared) const {
  std::vector<std::filesystem::path> files;
  if (const auto checkpoint = checkpoint_of(content, shared); !checkpoint.empty()) files.push_back(checkpoint);
  const auto& config = content.at("config");
  if (config.contains("file")) files.push_back(shared / config.at("file").get<std::string>());
  return files;
}

Case CaseFile::make(const std::filesystem::path& shared) const {
  Case made;
  made.name = name();
  made.subject = subject();
  made.config = content.at("config");
  made.train = content.at("mode").get<std::string>() == "train";
  made.shared = shared;
  made.checkpoint = checkpoint_of(content, shared);
  for (const auto& [input, spec] : content.at("inputs").items()) made.inputs[input] = make_input(input, spec);
  return made;
}

CaseFile read_case(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot be read");
  CaseFile file{path, nlohmann::json::parse(in)};
  for (const auto* field : {"case", "subject", "config", "mode", "inputs", "outputs", "tolerance"}) {
    if (!file.content.contains(field)) throw std::runtime_error(std::string("has no field '") + field + "'");
  }
  return file;
}

std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace plexus::parity
