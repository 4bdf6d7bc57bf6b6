#include <plexus/sdk/plugin.hpp>

#include "@name@.hpp"

PLEXUS_PLUGIN("@name@", "0.1.0", "A method of one's own: says here what it does, in one line") {
  registry.models.add<@name@::Model>("@name@", "three convolutions, slice by slice");
  registry.trainers.add<@name@::Trainer>("@name@", "cross entropy on the labelled slices");
}
