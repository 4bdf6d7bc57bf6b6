#include <plexus/sdk/plugin.hpp>

#include "@name@.hpp"

PLEXUS_PLUGIN("@name@", "0.1.0", "A data set of one's own: says here what it is, in one line") {
  registry.datasets.add<@name@::Data>("@name@", "folders with image.nii.gz and mask.nii.gz");
}
