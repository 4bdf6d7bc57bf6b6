#include "losses.hpp"
#include "trainer.hpp"

namespace plexus::genericssl {

void TrainerSettings::declare(Options& options) {
  options
      .add("max_epoch", max_epoch,
           "Last epoch, counted from 0, so that there is one more; also the horizon of the learning rate.")
      .range(1)
      .unit("epochs");
  options.add("batch_size", batch_size, "Rows of the labelled batch, and of the unlabelled one.").range(1);
  options.add("base_lr", base_lr, "First learning rate (SGD).").range(0).alias("lr");
  options.add("momentum", momentum, "Momentum of SGD.").range(0, 1);
  options.add("nesterov", nesterov, "Nesterov's momentum.");
  options.add("weight_decay", weight_decay, "Weight decay of SGD, on every parameter that has a gradient.").range(0);
  options.add("lr_power", lr_power, "The rate of epoch e is base_lr (1 - e / max_epoch)^lr_power.").range(0);
  options.add("mu", mu, "Weight of the unlabelled images after the ramp; the authors' default is 2, their command 10.")
      .range(0)
      .alias("w");
  options.add("mu_rampup", mu_rampup, "Let mu rise as exp(-5 (1 - e / rampup_epoch)^2); false: mu throughout.");
  options.add("rampup_epoch", rampup_epoch, "Length of the ramp; 0: max_epoch.").range(0).unit("epochs");
  options.add("late", late, "Rate and mu of an epoch are those of the epoch before, as published.");
  options.add("ema_w", ema_w, "Each iteration begins with theta <- ema_w theta + (1 - ema_w) (xi + psi) / 2.").range(0, 1);
  options.add("sup_loss", sup_loss, "Loss on labelled images: ce and wce are cross entropy, the others add Dice.")
      .one_of(loss_names());
  options.add("unsup_loss", unsup_loss, "Loss on pseudo-labels.").one_of(loss_names()).alias("cps_loss");
  options
      .add("accumulate_iters", accumulate_iters,
           "Iterations over which learning speeds are averaged for the difficulty weights.")
      .range(1)
      .unit("iterations");
  options
      .add("sampler_mode", sampler_mode,
           "Mode in which pseudo-labels are made: train (dropout, and batch statistics that are updated), as published, or "
           "eval.")
      .one_of({"train", "eval"});
  options.add("gumbel", gumbel,
              "Add Gumbel noise to what xi samples, as published; its deviation of 1.28 drowns values in [-1, 1].");
  options.add("temperature", temperature, "What xi samples is divided by it before the softmax; below 1 gives xi more to say.")
      .range(1e-3);
  options.add(
      "share_encoder", share_encoder,
      "psi and theta share one pass of the encoder over unlabelled images: faster; published: two, with dropout of their own.");
  options.add("picks", picks, "Changes of the strong augmentation that are picked out of six.").range(0, 6);
  options.add("probability", probability, "Of making one that is picked.").range(0, 1);
  options
      .add("validation", validation,
           "centre: Dice of the middle patch of each case, 1/2 where a class is in neither, as published; windows: whole cases "
           "by "
           "the stage's metrics.")
      .one_of({"centre", "windows"});
  const auto task = [&](const char* name, const char* doc, const char* batch, const char* ramp) {
    options.preset(name, doc,
                   {{"max_epoch", "300"}, {"batch_size", batch}, {"base_lr", "0.01"}, {"mu", "10"}, {"rampup_epoch", ramp}});
  };
  task("reference", "what the published code does with the published command: the LA task", "4", "0");
  task("la", "as published: batch 4 + 4", "4", "0");
  task("synapse", "as published: batch 2 + 2", "2", "0");
  task("mmwhs", "as published: batch 2 + 2", "2", "0");
  task("mnms", "as published: batch 4 + 4, ramp of 100 epochs", "4", "100");
  task("mnms_2d", "as published: batch 32 + 32, ramp of 100 epochs", "32", "100");
  options.preset("smoke", "small batches, for tests", {{"batch_size", "1"}, {"max_epoch", "30"}});
}

}  // namespace plexus::genericssl
