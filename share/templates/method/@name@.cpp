#include "@name@.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/eval/slices.hpp>
#include <plexus/nn/losses.hpp>

namespace @name@ {

class Net : public torch::nn::Module {
 public:
  Net(std::int64_t channels, std::int64_t width, std::int64_t classes)
      : first(torch::nn::Conv2dOptions(channels, width, 5).padding(2)),
        second(torch::nn::Conv2dOptions(width, width, 5).padding(4).dilation(2)),
        last(torch::nn::Conv2dOptions(width, classes, 1)) {
    register_module("first", first);
    register_module("second", second);
    register_module("last", last);
  }
  at::Tensor forward(const at::Tensor& x) { return last(torch::relu(second(torch::relu(first(x))))); }

 private:
  torch::nn::Conv2d first, second, last;
};

void ModelSettings::declare(plexus::Options& options) {
  options.add("width", width, "Channels of the hidden layers.").range(1, 1024);
  options.add("size", size, "Height and width that slices are scaled to in prediction; in training `transforms` do it.").range(8, 4096).unit("pixels");
  options.preset("smoke", "small and quick, for tests", {{"width", "4"}, {"size", "32"}});
}

Model::Model(Settings settings, const plexus::DataInfo& info)
    : settings_(settings), net_(std::make_shared<Net>(info.channels, settings.width, info.classes())) {}

std::vector<plexus::Network> Model::networks() { return {{.name = "net", .module = net_}}; }

at::Tensor Model::logits(const at::Tensor& image) { return net_->forward(image); }

plexus::Prediction Model::predict(const plexus::Batch& batch, plexus::Context&) {
  plexus::Prediction prediction;
  prediction.fields["label"] =
      plexus::segment_cases(batch["image"], {.height = settings_.size, .width = settings_.size},
                            [this](const at::Tensor& slices) { return logits(slices); });
  return prediction;
}

void TrainerSettings::declare(plexus::Options& options) {
  options.add("iterations", iterations, "Training steps.").range(1).unit("iterations");
  options.add("batch_size", batch_size, "Slices in a batch.").range(1, 4096);
  options.add("lr", lr, "Learning rate of Adam.").range(0);
  options.preset("smoke", "a few steps, for tests", {{"iterations", "6"}, {"batch_size", "2"}});
}

namespace {

Model& own(plexus::Model& model) {
  if (auto* found = dynamic_cast<Model*>(&model)) return *found;
  throw plexus::Error(plexus::ErrorKind::configuration, "this trainer trains its own model alone", "trainer @name@",
                      "write model: {plugin: @name@}");
}

}  // namespace

Trainer::Trainer(Settings settings, plexus::Model& model, const plexus::DataInfo&)
    : settings_(settings), model_(model), segmenter_(own(model)) {}

std::vector<plexus::Phase> Trainer::phases() const {
  const plexus::Draws labelled{.subset = "labeled", .count = settings_.batch_size};
  return {{.name = "train", .steps = settings_.iterations, .streams = {{.name = "train", .parts = {labelled}}}}};
}

std::vector<plexus::Optimizer> Trainer::start(const plexus::Phase&, plexus::Context&) {
  const auto parameters = model_.networks().front().module->parameters();
  return {{.name = "adam", .of = std::make_shared<torch::optim::Adam>(parameters, torch::optim::AdamOptions(settings_.lr))}};
}

plexus::Losses Trainer::step(const plexus::StepInput& input, plexus::Context& context) {
  const plexus::Batch& batch = input["train"];
  const auto loss = plexus::cross_entropy(segmenter_.logits(batch["image"]), batch["label"].to(at::kLong));
  context.minimise("adam", loss);
  return {{"loss", loss.detach()}};
}

}  // namespace @name@
