#include "msd.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

using MsdJson = nlohmann::json;

FolderCases msd_cases(const std::filesystem::path& root) {
  const auto file = root / "dataset.json";
  FolderCases found;
  std::vector<std::string> files;
  const auto path = [&](const MsdJson& listed) {
    files.push_back((root / listed.get<std::string>()).lexically_normal().string());
    return std::filesystem::path(files.back());
  };
  try {
    const auto json = MsdJson::parse(read_file(file));
    std::map<std::int64_t, std::string> names;
    for (const auto& [id, name] : json.at("labels").items()) {
      const auto number = parse_integer(id);
      if (!number || *number < 0 || *number > 65535)
        throw Error(ErrorKind::data, fmt::format("the label '{}' is no number from 0", id), file.string(),
                    R"(expected {"0": "background", "1": "name"}; nnU-Net's reverse order is read by the data set nnunet)");
      names[*number] = name.get<std::string>();
    }
    found.labels = names_of_ids(names);
    for (const auto& pair : json.at("training")) {
      const auto image = path(pair.at("image"));
      found.cases.push_back({volume_stem(image), {image}, path(pair.at("label"))});
    }
    if (json.contains("test")) {
      for (const auto& listed : json.at("test")) {
        const auto image = path(listed.is_object() ? listed.at("image") : listed);
        found.cases.push_back({volume_stem(image), {image}, {}, true});
      }
    }
  } catch (const MsdJson::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not the Decathlon's: {}", error.what()), file.string(),
                R"(expected {"labels": {"0": "background", …}, "training": [{"image": …, "label": …}], …})");
  }
  if (found.cases.empty()) throw Error(ErrorKind::data, "lists no cases", file.string());
  require_files(files, "dataset.json lists it; check the option root");
  std::sort(found.cases.begin(), found.cases.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto twice =
      std::adjacent_find(found.cases.begin(), found.cases.end(), [](const auto& a, const auto& b) { return a.id == b.id; });
  if (twice != found.cases.end()) throw Error(ErrorKind::data, fmt::format("lists '{}' twice", twice->id), file.string());
  return found;
}

}  // namespace

void Msd::Settings::declare(Options& options) { FolderSettings::declare(options, "folder TaskNN_Name with dataset.json"); }

Msd::Msd(const Settings& settings) : FolderSet(settings, msd_cases(settings.root)) {}

}  // namespace plexus::datasets
