#include <plexus/sdk/plugin.hpp>

#include "@name@.hpp"

PLEXUS_PLUGIN("@name@", "0.1.0", "A step of one's own: says here what it does, in one line") {
  registry.transforms.add<@name@::Step>("@name@", "gamma correction of images in [0, 1]");
}
