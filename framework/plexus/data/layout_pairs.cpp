#include <plexus/data/layout.hpp>

#include <plexus/data/volume_format.hpp>

namespace plexus {

Layout find_pairs(const std::filesystem::path& folder) {
  Layout layout;
  auto labels = volumes_by_name(folder / "labels");
  for (const auto& [id, image] : volumes_by_name(folder / "images")) {
    LayoutCase one{id, {image}};
    if (const auto label = labels.find(id); label != labels.end()) {
      one.label = label->second;
      labels.erase(label);
    }
    layout.cases.push_back(std::move(one));
  }
  for (const auto& [id, file] : labels) layout.notes.push_back(file.string() + ": a label without image");
  return layout;
}

}  // namespace plexus
