#pragma once
#include <cstdint>
#include <string>

namespace plexus::diffrect {

// How many slices the published training takes as labelled: the first so many lines of train_slices.list, for a root path
// that names the data set ("ACDC", "mscmrseg19" with "split1" or "split2", "Task05" likewise) and a number of labelled
// patients. Throws Error(configuration) where the published program knows no answer. Our data sets count the slices of the
// first patients instead, which gives the same numbers.
std::int64_t labeled_slices(const std::string& root, std::int64_t patients);

}  // namespace plexus::diffrect
