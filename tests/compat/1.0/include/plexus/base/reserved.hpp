#pragma once
#include <memory>

namespace plexus {

// How the interface grows after 1.0 without breaking plugins that are built already.
//   Values that host and plugin hand to each other keep their size and layout within a major version. Their last member is this
//   room: a later minor version may let it point to further members, which it then reads through a function. It is null in
//   what an older plugin makes, which means their defaults; an older plugin that copies or drops a value takes it along, because
//   a shared pointer knows how to end what it points to. Constant, so that copies of a value stay values.
//   Classes with virtual functions never get one more, nor lose or reorder any: what a method, data set or host can do besides
//   is a new small interface, found by dynamic_cast (Segmenter, Denoising, AdaptsToFile).
//   Left as they are for good: Geometry, Rename, Location and Rng, which say all there is to say; what holds them has room.
using Reserved = std::shared_ptr<const void>;

}  // namespace plexus
