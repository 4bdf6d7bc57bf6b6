#include "lists.hpp"

#include <array>
#include <fstream>
#include <regex>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::datasets {

std::vector<std::string> read_list(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorKind::data, "the list cannot be read", path.string(), "check the option root");
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::string line;
  while (std::getline(file, line)) {
    const std::string name(trim(line));
    if (name.empty()) continue;
    if (!seen.insert(name).second) throw Error(ErrorKind::data, fmt::format("lists '{}' twice", name), path.string());
    names.push_back(name);
  }
  if (names.empty()) throw Error(ErrorKind::data, "the list is empty", path.string());
  return names;
}

std::pair<std::string, std::int64_t> split_slice(const std::string& name) {
  const auto at = name.rfind("_slice_");
  if (at == std::string::npos) return {name, -1};
  const auto number = parse_integer(name.substr(at + 7));
  return number ? std::pair<std::string, std::int64_t>{name.substr(0, at), *number}
                : std::pair<std::string, std::int64_t>{name, -1};
}

std::string patient_of(const std::string& name) {
  static const std::regex ending("(_frame[0-9]+|_LGE)$");
  return std::regex_replace(split_slice(name).first, ending, "");
}

std::size_t labeled_prefix(const std::vector<std::string>& names, std::int64_t patients) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    seen.insert(patient_of(names[i]));
    if (static_cast<std::int64_t>(seen.size()) > patients) return i;
  }
  if (static_cast<std::int64_t>(seen.size()) < patients) {
    throw Error(ErrorKind::configuration,
                fmt::format("{} labelled patients are asked for; the list holds {}", patients, seen.size()), "labeled");
  }
  return names.size();
}

std::vector<Label> make_labels(const std::vector<std::string>& names, std::int64_t classes) {
  static constexpr std::array<std::array<std::uint8_t, 3>, 8> colours{{{0, 0, 0},
                                                                       {228, 60, 50},
                                                                       {60, 170, 75},
                                                                       {65, 105, 225},
                                                                       {245, 180, 40},
                                                                       {145, 70, 190},
                                                                       {60, 200, 210},
                                                                       {240, 110, 190}}};
  std::vector<Label> labels;
  for (std::int64_t id = 0; id < classes; ++id) {
    const auto index = static_cast<std::size_t>(id);
    auto name = id == 0 ? "background" : index <= names.size() ? names[index - 1] : "class " + std::to_string(id);
    labels.push_back({id, std::move(name), id == 0 ? colours[0] : colours[1 + (index - 1) % 7]});
  }
  return labels;
}

std::vector<std::string> names_of_ids(const std::map<std::int64_t, std::string>& by_id) {
  std::vector<std::string> names;
  for (std::int64_t id = 1; !by_id.empty() && id <= by_id.rbegin()->first; ++id) {
    const auto found = by_id.find(id);
    names.push_back(found == by_id.end() ? "class " + std::to_string(id) : found->second);
  }
  return names;
}

void require_files(const std::vector<std::string>& files, const std::string& hint) {
  std::string first;
  std::size_t missing = 0;
  for (const auto& file : files) {
    if (std::filesystem::exists(file)) continue;
    if (missing++ == 0) first = file;
  }
  if (missing == 0) return;
  throw Error(ErrorKind::data,
              missing == 1 ? "does not exist" : fmt::format("does not exist, nor do {} other listed files", missing - 1), first,
              hint);
}

at::Tensor checked_label(const at::Tensor& label, std::int64_t classes, const std::string& where) {
  const auto whole = label.is_floating_point() ? label.round() : label;
  if (whole.numel() == 0) return whole.to(at::kByte);
  const double low = whole.min().item<double>(), high = whole.max().item<double>();
  if (!(low >= 0 && high < static_cast<double>(classes))) {
    throw Error(
        ErrorKind::data,
        fmt::format("the label holds values from {:g} to {:g}; there are {} classes: 0 to {}", low, high, classes, classes - 1),
        where, "check the data set's option for its classes or labels");
  }
  return whole.to(high < 256 ? at::kByte : at::kLong).contiguous();
}

at::Tensor mapped_label(const at::Tensor& label, const std::map<std::int64_t, std::int64_t>& classes,
                        const std::string& where) {
  auto mapped = at::zeros(label.sizes(), at::kByte);
  auto left = label != 0;
  for (const auto& [value, to] : classes) {
    const auto here = label == value;
    mapped.masked_fill_(here, to);
    left.logical_and_(here.logical_not());
  }
  if (!left.any().item<bool>()) return mapped;
  std::vector<std::string> known;
  for (const auto& [value, to] : classes) known.push_back(std::to_string(value));
  throw Error(ErrorKind::data,
              fmt::format("the label holds the value {}; known are 0, {}",
                          label.masked_select(left)[0].item().to<std::int64_t>(), join(known, ", ")),
              where, "set the step's option `values`");
}

}  // namespace plexus::datasets
