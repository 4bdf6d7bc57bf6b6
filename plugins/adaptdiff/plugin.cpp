#include <plexus/sdk/plugin.hpp>

#include "model.hpp"
#include "segmenter_model.hpp"
#include "segmenter_trainer.hpp"
#include "trainer.hpp"

PLEXUS_PLUGIN("adaptdiff", "1.0.0", "Domain adaptation of vessel segmentation by mask-conditioned diffusion (SASHIMI 2024)") {
  using namespace plexus::adaptdiff;
  registry.models.add<SegmenterModel>("adaptdiff_segmenter", "2D residual U-Net that tells vessels from background");
  registry.trainers.add<SegmenterTrainer>("adaptdiff_segmenter", "stage 1 on source images, stage 4 on synthetic target images");
  registry.models.add<Model>("adaptdiff", "diffusion U-Net that makes target images from vessel masks");
  registry.trainers.add<Trainer>("adaptdiff", "stage 2: target patches under the masks of the segmentation network");
}
