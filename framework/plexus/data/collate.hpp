#pragma once
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Stacks each field along a new first axis. Integer fields whose name begins with "label" become int64; others keep their
// type. `of` keeps identity, geometry and header, no pixels. Throws Error(data) naming the samples whose fields or shapes
// differ, and what to do.
Batch collate(std::vector<Sample> samples);

}  // namespace plexus
