#include <plexus/sdk/plugin.hpp>

#include "model.hpp"
#include "trainer.hpp"

PLEXUS_PLUGIN("diffrect", "1.0.0", "Latent diffusion label rectification for semi-supervised segmentation (MICCAI 2024)") {
  registry.models.add<plexus::diffrect::Model>("diffrect", "2D U-Net, and a latent diffusion that rectifies labels");
  registry.trainers.add<plexus::diffrect::Trainer>("diffrect", "semi-supervised: consistency and rectified pseudo-labels");
}
