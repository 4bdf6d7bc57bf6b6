#include <plexus/sdk/plugin.hpp>

#include "model.hpp"
#include "trainer.hpp"

PLEXUS_PLUGIN("genericssl", "1.0.0",
              "One semi-supervised method for four settings: DiffVNet, aggregating and decoupling (NeurIPS 2023)") {
  registry.models.add<plexus::genericssl::Model>("genericssl", "DiffVNet in 2D or 3D, sliding windows");
  registry.trainers.add<plexus::genericssl::Trainer>("genericssl",
                                                     "semi-supervised: label diffusion, difficulty weights, pseudo-labels");
}
