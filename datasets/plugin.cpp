#include <plexus/sdk/plugin.hpp>

#include "acdc.hpp"
#include "bids.hpp"
#include "brats.hpp"
#include "imitation/imitation.hpp"
#include "isic.hpp"
#include "la.hpp"
#include "mls_ct.hpp"
#include "msd.hpp"
#include "nifti_folder.hpp"
#include "nnunet.hpp"
#include "npy_layout.hpp"
#include "phantom/phantom.hpp"
#include "prepare/acdc_h5.hpp"
#include "prepare/mls_ct_npy.hpp"
#include "prepare/npy_steps.hpp"
#include "prepare/slices_h5.hpp"
#include "prepare/two_splits_h5.hpp"
#include "retina.hpp"
#include "two_splits.hpp"

PLEXUS_PLUGIN("datasets", "0.1.0", "Data sets of the methods, and folders of one's own.") {
  using namespace plexus::datasets;
  registry.datasets.add<Acdc>("acdc", "slices and volumes in the H5 layout of the semi-supervised field");
  registry.datasets.add<LeftAtrium>("la", "the 2018 left-atrium MR volumes, whole or as slices");
  registry.datasets.add<NiftiFolder>("nifti_folder", "one's own images/ and labels/, whole or as slices");
  registry.datasets.add<NnUnet>("nnunet", "a folder in nnU-Net's raw layout, whole or as slices");
  registry.datasets.add<Msd>("msd", "a task of the Medical Segmentation Decathlon, whole or as slices");
  registry.datasets.add<Bids>("bids", "a BIDS folder with labels in its derivatives, whole or as slices");
  registry.datasets.add<MsCmrSeg19>("mscmrseg19", "late-enhancement heart MR in the H5 layout, two splits");
  registry.datasets.add<Prostate>("prostate", "Decathlon Task05 in the H5 layout, two splits");
  registry.datasets.add<LeftAtriumNpy>("la_npy", "the same volumes in GenericSSL's layout");
  registry.datasets.add<Synapse>("synapse", "abdominal CT with 13 organs, GenericSSL's layout");
  registry.datasets.add<Mmwhs>("mmwhs", "whole hearts in CT and MR, GenericSSL's layout, both directions");
  registry.datasets.add<Mnms>("mnms", "cine MR of four vendors, GenericSSL's layout, frames or planes");
  registry.datasets.add<MlsCt>("mls_ct", "head CT with midline landmarks, DiffusionMLS's metadata and volumes");
  registry.datasets.add<Retina>("retina", "retinal images and vessel masks, whole or as patches, AdaptDiff's dictionaries");
  registry.datasets.add<RetinaPairs>("retina_pairs", "AdaptDiff's synthetic images with their masks");
  registry.datasets.add<Isic>("isic", "skin pictures with masks: ISIC's lists, or images/ and masks/");
  registry.datasets.add<Brats>("brats", "brain tumours in four MR modalities, planes or volumes");
  registry.preprocessors.add<AcdcH5>("acdc_h5", "the official ACDC folders to the H5 layout");
  registry.preprocessors.add<MsCmrSeg19H5>("mscmrseg19_h5", "the challenge's LGE files to the H5 layout, two splits");
  registry.preprocessors.add<ProstateH5>("prostate_h5", "the folder Task05_Prostate to the H5 layout, two splits");
  registry.preprocessors.add<LaNpy>("la_npy", "the left-atrium files to GenericSSL's layout");
  registry.preprocessors.add<SynapseNpy>("synapse_npy", "the Synapse / BTCV folders to GenericSSL's layout");
  registry.preprocessors.add<MmwhsNpy>("mmwhs_npy", "the MMWHS folders to GenericSSL's layout");
  registry.preprocessors.add<MnmsNpy>("mnms_npy", "the M&Ms folders to GenericSSL's layout");
  registry.preprocessors.add<MlsCtNpy>("mls_ct_npy",
                                       "head CT of any format to DiffusionMLS's layout, with the size of a pixel");
  registry.preprocessors.add<SlicesH5>("slices_h5", "a folder of volumes to the H5 layout");
  registry.preprocessors.add<Imitation>("imitation", "synthetic patients in the layout of a public set's download");
  plexus::register_phantom(registry);
}
