#include <plexus/data/layout.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/data/layout_json.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// "case_0001" -> "case" and channel 1; -1 where it names none.
std::pair<std::string, int> split_channel(const std::string& stem) {
  const auto at = stem.rfind('_');
  const auto digits = at == std::string::npos ? "" : stem.substr(at + 1);
  if (digits.size() != 4 || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return {stem, -1};
  return {stem.substr(0, at), std::stoi(digits)};
}

std::optional<Error> fault_of_channels(const std::string& id, const std::map<int, fs::path>& channels, std::size_t declared) {
  int next = 0;
  for (const auto& [channel, file] : channels)
    if (channel != next++)
      return Error(ErrorKind::data, fmt::format("is channel {} of '{}', but channel {} is not there", channel, id, next - 1),
                   file.string());
  if (declared == 0 || channels.size() == declared) return {};
  return Error(ErrorKind::data,
               fmt::format("the case '{}' has {} channels; dataset.json names {}", id, channels.size(), declared),
               channels.begin()->second.string());
}

void add_folder(const fs::path& folder, bool test, Layout& layout) {
  std::map<std::string, std::map<int, fs::path>> cases;
  for (const auto& [stem, file] : volumes_by_name(folder / (test ? "imagesTs" : "imagesTr"))) {
    const auto [id, channel] = split_channel(stem);
    if (channel < 0)
      throw Error(ErrorKind::data, "its name does not end in a channel's number", file.string(),
                  "nnU-Net names images CASE_0000, CASE_0001, …");
    cases[id][channel] = file;
  }
  auto labels = volumes_by_name(folder / (test ? "labelsTs" : "labelsTr"));
  for (const auto& [id, channels] : cases) {
    LayoutCase one{id, {}};
    one.test = test;
    one.fault = fault_of_channels(id, channels, layout.channels.size());
    for (const auto& [channel, file] : channels) one.images.push_back(file);
    if (const auto label = labels.find(id); label != labels.end()) {
      one.label = label->second;
      labels.erase(label);
    }
    layout.cases.push_back(std::move(one));
  }
  for (const auto& [id, file] : labels) layout.notes.push_back(file.string() + ": a label without image");
}

}  // namespace

Layout find_nnunet(const fs::path& folder) {
  Layout layout;
  take_declared(read_dataset_description(folder), folder, layout);
  add_folder(folder, false, layout);
  add_folder(folder, true, layout);
  return layout;
}

}  // namespace plexus
