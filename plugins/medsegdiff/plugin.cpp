#include <plexus/sdk/plugin.hpp>

#include "model.hpp"
#include "threshold_metric.hpp"
#include "trainer.hpp"

PLEXUS_PLUGIN("medsegdiff", "1.0.0", "Medical image segmentation by diffusion, V1 (MIDL 2023) and V2 (AAAI 2024)") {
  registry.models.add<plexus::medsegdiff::Model>("medsegdiff", "masks generated from noise, ensembles and their uncertainty");
  registry.trainers.add<plexus::medsegdiff::Trainer>("medsegdiff", "hybrid diffusion loss and the highway's own");
  registry.metrics.add<plexus::medsegdiff::ThresholdOverlap>("threshold_overlap",
                                                             "IoU and Dice of the score map, averaged over thresholds");
}
