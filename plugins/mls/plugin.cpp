#include <plexus/sdk/plugin.hpp>

#include "deform_trainer.hpp"
#include "image_trainer.hpp"

PLEXUS_PLUGIN("mls", "1.0.0", "Midline shift on head CT by diffusion and deformation (IPMI 2023)") {
  registry.models.add<plexus::mls::ImageModel>("mls_image", "a diffusion model of head CT slices, with midline shift or without");
  registry.trainers.add<plexus::mls::ImageTrainer>("mls_image", "trains it on a random slice of each case");
  registry.models.add<plexus::mls::ShiftModel>("mls", "two diffusion models and the deformation network between them");
  registry.trainers.add<plexus::mls::DeformTrainer>("mls", "trains the deformation network on slices with and without landmarks");
}
