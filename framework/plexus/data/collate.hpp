#pragma once
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Stacks each field along a new first axis; integer label fields ("label", "label_aug", …: any integer or bool field)
// become int64, uint8 fields other than those named label* stay. `of` keeps identity and geometry, no pixels. Throws
// Error(data) naming the samples whose fields or shapes differ, and what to do.
Batch collate(std::vector<Sample> samples);

}  // namespace plexus
