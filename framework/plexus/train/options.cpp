#include <plexus/train/options.hpp>

#include <plexus/base/error.hpp>
#include <plexus/train/averages.hpp>

namespace plexus {

void FitOptions::declare(Options& options) {
  options
      .add("iterations", iterations,
           "optimiser steps instead of the trainer's own count; its schedules run over them; 0: its own")
      .unit("iterations")
      .range(0);
  options.add("epochs", epochs, "the same in epochs; 0: the trainer's own").unit("epochs").range(0);
  options.add("validate_every", validate_every, "steps between validations; 0: none but at the end")
      .unit("iterations")
      .range(0);
  options.add("validate_epochs", validate_epochs, "epochs between validations, beside validate_every; 0: none by epochs")
      .unit("epochs")
      .range(0);
  options.add("validate_at_end", validate_at_end, "validate after the last step, where there are metrics and cases for it");
  options.add("patience", patience, "validations without a better score after which a phase ends; 0: never").range(0);
  options.add("validate_weights", validate_weights,
              "weights that are validated: raw, ema (each network's first average) or ema@RATE");
  options.add("checkpoint_every", checkpoint_every, "steps between checkpoints; 0: by time alone")
      .unit("iterations")
      .range(0)
      .no_effect();
  options.add("checkpoint_seconds", checkpoint_seconds, "longest time without a checkpoint; 0: by steps alone")
      .unit("s")
      .range(0)
      .no_effect();
  options.add("ema", ema, "rates of averages to keep of every trained network, besides those it asks for itself").range(0, 1);
  options.add("ema_warmup", ema_warmup, "let the rates of averages rise as (1 + step) / (10 + step)");
  options
      .add("batch_norm", batch_norm,
           "statistics to validate and predict with: those of training, or re-estimated on training batches before every "
           "validation and at the end")
      .one_of({"running", "reestimate"});
  options.add("batch_norm_batches", batch_norm_batches, "training batches of a re-estimation").unit("batches").range(1);
  options.add("precision", precision, "of networks while training; weights stay fp32").one_of({"fp32", "bf16", "fp16"});
  options.add("channels_last", channels_last, "keep images and convolutions with the channels last in memory");
  options.add("clip", clip, "largest gradient norm, instead of the trainer's; 0: the trainer's").range(0);
  options.add("accumulate", accumulate, "batches whose gradients make one optimiser step").unit("batches").range(1);
  options.add("micro_batches", micro_batches, "pieces in which a batch is worked on, to save memory").range(1);
  options.add("log_every", log_every, "steps between lines of progress").unit("iterations").range(1).no_effect();
  options.add("log_norms", log_norms, "log each optimiser's norms of gradients and parameters, before clipping and step").no_effect();
  options.add("cache", cache, "memory for samples that were read; 0: none").unit("MiB").range(0).no_effect();
  options.add("prefetch", prefetch, "batches made ahead").unit("batches").range(1).no_effect();
  options.add("deterministic", deterministic,
              "let LibTorch use only operations that repeat bit for bit (for CUDA; CPU always does)");
  options
      .add("compute_threads", compute_threads,
           "threads of LibTorch; sums differ in the last bits between counts; 0: its choice")
      .range(0);
  options.rule(
      [this] { return iterations > 0 && epochs > 0 ? std::string("give iterations or epochs, not both") : std::string(); });
  options.rule([this] {
    try {
      parse_weights(validate_weights);
      return std::string();
    } catch (const Error& error) {
      return "validate_weights: " + error.message() + " '" + validate_weights + "'; " + error.hint();
    }
  });
}

}  // namespace plexus
