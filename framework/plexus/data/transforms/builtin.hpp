#pragma once
#include <memory>
#include <string>

#include <plexus/sdk/registry.hpp>

namespace plexus {

// The framework's own transforms, by name; docs/preprocessing.md lists them. Fields whose names begin with "image" are images
// [C, (D,) H, W], those with "label" label maps [(D,) H, W]; all of a sample change alike. Those that move the grid keep
// Sample::geometry true, but for random_affine, which is for training and leaves it as it was.
void register_transforms(Kind<Transform>& kind);
// One of them with its options, for trainers that make their own. Throws Error(configuration).
std::shared_ptr<const Transform> make_transform(const std::string& name, const Node& options);

}  // namespace plexus
