#pragma once
// A method small enough for tests of the engine: noisy squares to segment, a network of two convolutions, and a trainer
// that uses what real ones do (labelled and unlabelled rows, dropout, keyed draws, a counter, one or two optimisers).
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/metric.hpp>
#include <plexus/sdk/model.hpp>
#include <plexus/sdk/trainer.hpp>

namespace toy {

// 8 x 8 images with one bright square each. Subsets: labeled (4), unlabeled (6), val (3).
class Data final : public plexus::Dataset {
 public:
  plexus::DataInfo info() const override {
    plexus::DataInfo info;
    info.labels = {{0, "background", {0, 0, 0}}, {1, "square", {255, 0, 0}}};
    info.dimensions = 2;
    return info;
  }
  std::vector<std::string> subsets() const override { return {"labeled", "unlabeled", "val"}; }
  std::vector<std::size_t> subset(const std::string& name) const override {
    if (name == "labeled") return {0, 1, 2, 3};
    if (name == "unlabeled") return {4, 5, 6, 7, 8, 9};
    if (name == "val") return {10, 11, 12};
    throw plexus::Error(plexus::ErrorKind::data, "no subset '" + name + "'", "toy");
  }
  plexus::Sample describe(std::size_t index) const override {
    plexus::Sample sample;
    sample.id = sample.case_id = "toy" + std::to_string(index);
    return sample;
  }
  plexus::Sample get(std::size_t index, plexus::Rng&) const override {
    auto sample = describe(index);
    auto rng = plexus::Rng(7).fork(sample.id);
    const auto label = torch::zeros({8, 8}, torch::kUInt8);
    const auto top = rng.integer(0, 5), left = rng.integer(0, 5);
    label.narrow(0, top, 4).narrow(1, left, 4).fill_(1);
    const auto image = torch::empty({1, 8, 8});
    for (std::int64_t i = 0; i < 64; ++i) {
      image.data_ptr<float>()[i] = static_cast<float>(label.data_ptr<std::uint8_t>()[i] + 0.3 * rng.normal());
    }
    sample.fields = {{"image", image}, {"label", label}};
    return sample;
  }
};

// Adds keyed noise to the image: a transform with chance in it.
class Noise final : public plexus::Transform {
 public:
  void apply(plexus::Sample& sample, plexus::Rng& rng) const override {
    sample.fields["image"] = sample.fields["image"] + static_cast<float>(0.1 * rng.normal());
  }
};

struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d first{nullptr}, last{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Dropout dropout{nullptr};
  explicit NetImpl(bool with_norm = true) {
    first = register_module("first", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 4, 3).padding(1)));
    if (with_norm) norm = register_module("norm", torch::nn::BatchNorm2d(4));
    dropout = register_module("dropout", torch::nn::Dropout(0.2));
    last = register_module("last", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 2, 3).padding(1)));
  }
  torch::Tensor forward(torch::Tensor x) {
    x = first(x);
    if (norm) x = norm(x);
    return last(dropout(torch::relu(x)));
  }
};
TORCH_MODULE(Net);

class Model final : public plexus::Model, public plexus::Segmenter {
 public:
  explicit Model(bool with_norm = true, std::vector<double> averages = {})
      : segmenter(with_norm), rectifier(with_norm), averages_(std::move(averages)) {}
  std::vector<plexus::Network> networks() override {
    plexus::Network one{"segmenter", segmenter.ptr()}, two{"rectifier", rectifier.ptr()};
    one.averages = averages_;
    two.needed_to_predict = false;
    return {one, two};
  }
  plexus::Prediction predict(const plexus::Batch& batch, plexus::Context&) override {
    return {{{"label", logits(batch["image"]).argmax(1)}}, {}};
  }
  at::Tensor logits(const at::Tensor& image) override { return segmenter(image); }
  Net segmenter, rectifier;

 private:
  std::vector<double> averages_;
};

struct Settings {
  std::int64_t steps = 12, epochs = 0;
  bool two_optimizers = false, adam = false, two_phases = false, draws = true, dropout = true;
  double lr = 0.05;
  std::int64_t poison = -1;  // the step whose loss is NaN
};

class Trainer final : public plexus::Trainer {
 public:
  Trainer(Model& model, Settings settings) : model_(model), settings_(settings) {
    if (!settings_.dropout) {
      model_.segmenter->dropout->options.p(0);
      model_.rectifier->dropout->options.p(0);
    }
  }
  std::vector<plexus::Phase> phases() const override {
    plexus::Stream stream{"train", {{"labeled", 2}, {"unlabeled", 2, plexus::Draws::Order::cycled}}};
    stream.parts[0].transforms = {std::make_shared<Noise>()};
    std::vector<plexus::Phase> phases{{"main", settings_.epochs > 0 ? 0 : settings_.steps, settings_.epochs, {stream}}};
    if (settings_.two_phases) phases.push_back({"second", 4, 0, {stream}});
    return phases;
  }
  std::vector<plexus::Optimizer> start(const plexus::Phase&, plexus::Context&) override {
    ++starts;
    std::vector<plexus::Optimizer> made{{"segmenter", optimizer(model_.segmenter->parameters())}};
    made[0].schedule = [](std::int64_t step) { return 1.0 / (1.0 + 0.1 * static_cast<double>(step)); };
    if (settings_.two_optimizers) made.push_back({"rectifier", optimizer(model_.rectifier->parameters()), {}, 1.0});
    return made;
  }
  plexus::Losses step(const plexus::StepInput& input, plexus::Context& context) override {
    const auto& batch = input["train"];
    labeled_rows = batch.parts.at(0);
    auto image = batch["image"];
    if (settings_.draws) image = image + 0.05 * context.draw("noise", batch.ids(), image.sizes().slice(1));
    const auto logits = model_.segmenter(image);
    auto supervised =
        torch::nn::functional::cross_entropy(logits.narrow(0, 0, labeled_rows), batch["label"].narrow(0, 0, labeled_rows));
    const auto entropy =
        -(logits.softmax(1) * logits.log_softmax(1)).sum(1).narrow(0, labeled_rows, logits.size(0) - labeled_rows).mean();
    if (input.step() == settings_.poison) supervised = supervised * std::numeric_limits<double>::quiet_NaN();
    context.minimise("segmenter", supervised + 0.1 * entropy);
    counter_ = counter_ * 0.9 + 1;
    plexus::Losses losses{{"supervised", supervised.detach()}, {"entropy", entropy.detach()}};
    if (settings_.two_optimizers) {
      const auto target = model_.segmenter(image).detach().argmax(1);
      const auto rectify = torch::nn::functional::cross_entropy(model_.rectifier(image), target) / counter_;
      context.minimise("rectifier", rectify);
      losses.emplace_back("rectify", rectify.detach());
    }
    ++steps;
    return losses;
  }
  void end_epoch(std::int64_t epoch, plexus::Context&) override { epochs.push_back(epoch); }
  std::vector<std::string> refresh_statistics(const plexus::StepInput& input) override {
    model_.segmenter(input["train"]["image"]);
    return {"segmenter"};
  }
  void state(plexus::Archive& archive) override { archive.item("counter", counter_); }

  std::int64_t starts = 0, steps = 0, labeled_rows = 0;
  std::vector<std::int64_t> epochs;

 private:
  std::shared_ptr<torch::optim::Optimizer> optimizer(const std::vector<torch::Tensor>& parameters) const {
    if (settings_.adam) return std::make_shared<torch::optim::Adam>(parameters, torch::optim::AdamOptions(settings_.lr));
    return std::make_shared<torch::optim::SGD>(parameters, torch::optim::SGDOptions(settings_.lr).momentum(0.9));
  }
  Model& model_;
  Settings settings_;
  double counter_ = 0;
};

// Share of voxels that agree, on the foreground label.
class Agreement final : public plexus::Metric {
 public:
  std::vector<plexus::Measurement> measure(const plexus::Prediction& prediction, const plexus::Sample& truth) const override {
    const auto label = truth.fields.at("label").to(at::kLong);
    return {{1, "agreement", prediction.fields.at("label").eq(label).to(at::kDouble).mean().item<double>(), "", "voxels"}};
  }
};

}  // namespace toy
