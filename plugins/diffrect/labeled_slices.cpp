#include "labeled_slices.hpp"

#include <array>
#include <string_view>

#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

struct Row {
  std::string_view data, split;
  std::int64_t patients, slices;
};

constexpr std::array<Row, 12> kPublished{{{"ACDC", "", 1, 32},
                                          {"ACDC", "", 3, 68},
                                          {"ACDC", "", 7, 136},
                                          {"ACDC", "", 14, 256},
                                          {"ACDC", "", 21, 396},
                                          {"ACDC", "", 28, 512},
                                          {"ACDC", "", 35, 664},
                                          {"ACDC", "", 140, 1312},
                                          {"mscmrseg19", "split1", 7, 110},
                                          {"mscmrseg19", "split2", 7, 103},
                                          {"Task05", "split1", 2, 30},
                                          {"Task05", "split2", 2, 40}}};

}  // namespace

std::int64_t labeled_slices(const std::string& root, std::int64_t patients) {
  for (const auto& row : kPublished) {
    if (root.find(row.data) != std::string::npos && root.find(row.split) != std::string::npos && row.patients == patients) {
      return row.slices;
    }
  }
  throw Error(ErrorKind::configuration, "no published number of slices for " + std::to_string(patients) + " labelled patients",
              root, "count the slices of the first patients in the list");
}

}  // namespace plexus::diffrect
