#include <plexus/sdk/plugin.hpp>

#include "acdc.hpp"
#include "la.hpp"
#include "nifti_folder.hpp"
#include "phantom/phantom.hpp"
#include "prepare/acdc_h5.hpp"
#include "prepare/slices_h5.hpp"

PLEXUS_PLUGIN("datasets", "0.1.0", "Data sets of the methods, and folders of one's own.") {
  using namespace plexus::datasets;
  registry.datasets.add<Acdc>("acdc", "slices and volumes in the H5 layout of the semi-supervised field");
  registry.datasets.add<LeftAtrium>("la", "the 2018 left-atrium MR volumes, whole or as slices");
  registry.datasets.add<NiftiFolder>("nifti_folder", "one's own images/ and labels/, whole or as slices");
  registry.preprocessors.add<AcdcH5>("acdc_h5", "the official ACDC folders to the H5 layout");
  registry.preprocessors.add<SlicesH5>("slices_h5", "a folder of volumes to the H5 layout");
  plexus::register_phantom(registry);
}
