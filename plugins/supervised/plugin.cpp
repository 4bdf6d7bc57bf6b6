#include <plexus/sdk/plugin.hpp>

#include "model.hpp"
#include "trainer.hpp"

PLEXUS_PLUGIN("supervised", "1.0.0", "Plain supervised segmentation: the baseline of every comparison") {
  registry.models.add<plexus::supervised::Model>("unet", "plain 2D U-Net, slice by slice");
  registry.trainers.add<plexus::supervised::Trainer>("supervised", "any segmenting model, on the labelled samples alone");
}
