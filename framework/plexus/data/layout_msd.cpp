#include <plexus/data/layout.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/data/layout_json.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {

Layout find_msd(const std::filesystem::path& folder) {
  const auto where = (folder / "dataset.json").string();
  const auto description = read_dataset_description(folder);
  Layout layout;
  take_declared(description, folder, layout);
  const auto listed = [&](const nlohmann::json& value) {
    if (!value.is_string())
      throw Error(ErrorKind::data, "a case of its lists is no path", where,
                  R"(expected {"training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}], …})");
    return (folder / value.get<std::string>()).lexically_normal();
  };
  for (const std::string list : {"training", "test"}) {
    if (!description.contains(list) || !description[list].is_array()) continue;
    for (const auto& entry : description[list]) {
      if (entry.is_object() && !entry.contains("image"))
        throw Error(ErrorKind::data, fmt::format("a case of '{}' has no image", list), where);
      LayoutCase one{"", {listed(entry.is_object() ? entry["image"] : entry)}};
      if (entry.is_object() && entry.contains("label")) one.label = listed(entry["label"]);
      one.id = volume_stem(one.images.front());
      one.test = list == "test";
      layout.cases.push_back(std::move(one));
    }
  }
  return layout;
}

}  // namespace plexus
