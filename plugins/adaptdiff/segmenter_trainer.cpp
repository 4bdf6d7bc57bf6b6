#include "segmenter_trainer.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/vessel_augment.hpp>

namespace plexus::adaptdiff {
namespace {

SegmenterModel& segmenter_model(plexus::Model& model) {
  if (auto* own = dynamic_cast<SegmenterModel*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer adaptdiff_segmenter trains the model adaptdiff_segmenter only",
              "trainer adaptdiff_segmenter", "write `model: {plugin: adaptdiff_segmenter}`; `supervised` trains any segmenter");
}

// As published, once for each image: equal in every epoch.
class AugmentOnce final : public Transform {
 public:
  explicit AugmentOnce(std::int64_t seed) : key_(Rng(static_cast<std::uint64_t>(seed)).fork("augment")) {}
  void apply(Sample& sample, Rng&) const override {
    Rng own = key_.fork(sample.id);
    auto& image = sample.fields.at("image");
    image = vessel_augmented(image, own);
  }
  bool deterministic() const override { return true; }

 private:
  Rng key_;
};

class AugmentEachTime final : public Transform {
 public:
  void apply(Sample& sample, Rng& rng) const override {
    auto& image = sample.fields.at("image");
    image = vessel_augmented(image, rng);
  }
};

}  // namespace

void SegmenterTrainerSettings::declare(Options& options) {
  learning.declare(options);
  options.add("batch_size", batch_size, "Samples in a batch; the last one of an epoch may be smaller.").range(1);
  options.add("subset", subset, "Samples to learn from.");
  options
      .add("dice_on", dice_on,
           "The Dice term is taken of the label map, as published, where it teaches nothing, or of the probability.")
      .one_of({"argmax", "probability"});
  options
      .add("augment", augment,
           "Noise, sharpening, brightness or blur of images in [0, 1]: fixed, drawn once for each image as published, fresh in "
           "every epoch, or none.")
      .one_of({"none", "fixed", "fresh"});
  options.add("augment_seed", augment_seed, "Of the fixed augmentation.").range(0);
  options.preset("source", "stage 1: photographs with masks, as the authors train elsewhere", {{"augment", "none"}});
  options.preset("finetune", "stage 4, as published: synthetic images, augmented once", {{"augment", "fixed"}});
  options.preset("smoke", "a few steps, for tests", {{"max_iterations", "60"}, {"batch_size", "2"}, {"augment", "none"}});
  options.preset("reference", "stage 4, as published: synthetic images, augmented once", {{"augment", "fixed"}});
}

SegmenterTrainer::SegmenterTrainer(Settings settings, plexus::Model& model, const DataInfo& info)
    : settings_(std::move(settings)), model_(segmenter_model(model)), learning_(settings_.learning) {
  if (info.dimensions != 2) {
    throw Error(ErrorKind::configuration, "AdaptDiff trains on planes, the data set gives volumes", "trainer adaptdiff_segmenter",
                "ask the data set for slices (view: slices)");
  }
}

std::vector<Phase> SegmenterTrainer::phases() const {
  Draws draws{.subset = settings_.subset, .count = settings_.batch_size, .drop_last = false};
  if (settings_.augment == "fixed") draws.transforms.push_back(std::make_shared<AugmentOnce>(settings_.augment_seed));
  if (settings_.augment == "fresh") draws.transforms.push_back(std::make_shared<AugmentEachTime>());
  return {learning_.phase({{.name = "train", .parts = {draws}}})};
}

std::vector<Optimizer> SegmenterTrainer::start(const Phase&, Context&) {
  return {learning_.optimizer("segmentation", model_.networks().front().module->parameters())};
}

Losses SegmenterTrainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto logits = model_.logits(batch["image"]);
  const auto terms = segmentation_terms(logits, batch["label"],
                                        settings_.dice_on == "argmax" ? OverlapOf::label : OverlapOf::probability);
  const auto loss = terms.cross_entropy + terms.overlap;
  context.minimise("segmentation", loss);
  return {{"ce", terms.cross_entropy.detach()}, {"dsc", terms.overlap.detach()}, {"loss", loss.detach()}};
}

std::vector<std::string> SegmenterTrainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  model_.logits(input["train"]["image"]);
  return {"segmentation"};
}

}  // namespace plexus::adaptdiff
