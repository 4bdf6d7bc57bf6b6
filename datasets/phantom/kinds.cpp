#include "phantom/kinds.hpp"

#include <algorithm>

namespace plexus::phantom {

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"cardiac", {"right ventricle", "myocardium", "left ventricle"}, {64, 64, 8}, {180, 180, 80}, cardiac},
      {"head_ct", {"ventricles", "midline"}, {128, 128, 16}, {200, 200, 96}, head_ct},
      {"vessels", {"vessel"}, {128, 128, 1}, {12.8, 12.8, 1}, vessels},
      {"lesions", {"lesion"}, {128, 128, 1}, {32, 32, 1}, lesions},
      {"organs",
       {"liver", "spleen", "right kidney", "left kidney", "aorta", "gallbladder"},
       {128, 128, 24},
       {345, 345, 192},
       organs}};
  return all;
}

const Kind* find_kind(std::string_view name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& kind) { return kind.name == name; });
  return found == kinds().end() ? nullptr : &*found;
}

}  // namespace plexus::phantom
