// Parity subjects of zoom, 8-bit image operations, augmentation, metrics and slice-wise inference.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <nlohmann/json.hpp>

#include <plexus/data/raster/blur.hpp>
#include <plexus/data/raster/enhance.hpp>
#include <plexus/data/raster/geometry.hpp>
#include <plexus/data/unit_range.hpp>
#include <plexus/data/zoom.hpp>
#include <plexus/eval/builtin.hpp>
#include <plexus/eval/slices.hpp>
#include <plexus/nn/unet.hpp>

#include "augment.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

using Sizes = std::vector<std::int64_t>;

Outcome zoom0(const Case& of) {
  Outcome outcome;
  outcome.outputs["y"] = zoom_nearest(of.input("image"), of.config.at("out").get<Sizes>());
  return outcome;
}

Outcome zoom0_index(const Case& of) {
  const auto in = of.config.at("in").get<Sizes>(), out = of.config.at("out").get<Sizes>();
  Outcome outcome;
  outcome.outputs["row_of"] = torch::tensor(zoom_indices(in.at(0), out.at(0)));
  outcome.outputs["column_of"] = torch::tensor(zoom_indices(in.at(1), out.at(1)));
  return outcome;
}

Outcome max_min(const Case& of) {
  Outcome outcome;
  outcome.outputs["y"] = to_unit_range(of.input("image"));
  return outcome;
}

void change(raster::Raster<std::uint8_t> image, const std::string& operation, double parameter) {
  if (operation == "rotate") return raster::rotate(image, parameter);
  if (operation == "contrast") return raster::contrast(image, parameter);
  if (operation == "sharpness") return raster::sharpness(image, parameter);
  if (operation == "brightness") return raster::brightness(image, parameter);
  if (operation == "blur") return raster::blur(image, parameter);
  throw std::invalid_argument("image_op: no operation '" + operation + "'");
}

Outcome image_op(const Case& of) {
  const auto operation = of.config.at("op").get<std::string>();
  Outcome outcome;
  for (const auto& parameter : of.config.at("parameters")) {
    const auto image = of.input("image").to(torch::kByte, false, true);
    change({image.mutable_data_ptr<std::uint8_t>(), image.size(0), image.size(1)}, operation, parameter.get<double>());
    outcome.outputs[operation + ":" + parameter.dump()] = image;
  }
  return outcome;
}

template <class T>
std::optional<T> choice(const nlohmann::json& value) {
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

diffrect::AugmentChoices choices_of(const nlohmann::json& config) {
  using Enhancer = diffrect::AugmentChoices::Enhancer;
  diffrect::AugmentChoices choices;
  choices.flip_left_right = config.at("flip_lr").get<bool>();
  choices.flip_up_down = config.at("flip_ud").get<bool>();
  choices.rotate = choice<int>(config.at("rotate"));
  for (const auto& step : config.at("enhance")) {
    const auto name = step.at(0).get<std::string>();
    const Enhancer enhancer = name == "contrast"    ? Enhancer::contrast
                              : name == "sharpness" ? Enhancer::sharpness
                                                    : Enhancer::brightness;
    choices.enhance.emplace_back(enhancer, choice<double>(step.at(1)));
  }
  choices.blur = choice<double>(config.at("blur"));
  return choices;
}

Outcome augment(const Case& of) {
  Sample sample;
  sample.fields["image"] = of.input("image").unsqueeze(0);
  sample.fields["label"] = of.input("label");
  diffrect::PrepareSettings settings;
  settings.patch_size = of.config.at("out").get<Sizes>();
  Rng unused;
  diffrect::PrepareSlice(settings).apply(sample, unused);
  const auto made = diffrect::augment(sample.fields.at("image"), sample.fields.at("label"), choices_of(of.config));
  Outcome outcome;
  outcome.outputs["image_weak"] = made.image_weak;
  outcome.outputs["image_strong"] = made.image_strong;
  outcome.outputs["label_aug"] = made.label;
  return outcome;
}

// One row a foreground class, one column a metric, by the metrics' own preset.
torch::Tensor metric_table(const torch::Tensor& prediction, const torch::Tensor& truth, std::int64_t classes,
                           const std::vector<std::string>& names, const std::string& preset) {
  DataInfo info;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({id, std::to_string(id), {}});
  Kind<Metric, const DataInfo&> kind;
  register_metrics(kind);
  Prediction predicted;
  predicted.fields["label"] = prediction;
  Sample known;
  known.fields["label"] = truth;
  auto table = torch::zeros({classes - 1, static_cast<std::int64_t>(names.size())}, torch::kDouble);
  for (std::size_t column = 0; column < names.size(); ++column)
    for (const auto& entry : kind.entries()) {
      if (entry.name != names[column]) continue;
      const auto builder = entry.start();
      builder->options().apply(Node::map({{"preset", Node::scalar(preset)}}), entry.name);
      for (const auto& measurement : builder->make(info)->measure(predicted, known))
        table[measurement.label_id - 1][static_cast<std::int64_t>(column)] = measurement.value;
    }
  return table;
}

torch::Tensor validation_table(const torch::Tensor& prediction, const torch::Tensor& truth, std::int64_t classes) {
  return metric_table(prediction, truth, classes, {"dice", "hd95", "jaccard"}, "diffrect-validation");
}

Outcome metrics(const Case& of) {
  const auto classes = of.config.at("classes").get<std::int64_t>();
  const auto &prediction = of.input("prediction"), &label = of.input("label");
  Outcome outcome;
  outcome.outputs["validation"] = validation_table(prediction, label, classes);
  outcome.outputs["test"] = metric_table(prediction, label, classes, {"dice", "jaccard", "hd95", "asd"}, "diffrect-test");
  return outcome;
}

Outcome infer_volume(const Case& of) {
  UNetSettings network_settings;
  network_settings.in_channels = of.config.at("in_channels").get<std::int64_t>();
  network_settings.classes = of.config.at("classes").get<std::int64_t>();
  UNet2d network(network_settings);
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.eval();
  SliceSettings settings;
  const auto patch = of.config.at("patch").get<Sizes>();
  settings.height = patch.at(0), settings.width = patch.at(1);
  settings.border = ZoomBorder::zero;
  const auto prediction = segment_slices(of.input("image").unsqueeze(0), settings,
                                         [&](const at::Tensor& slices) { return network.forward(slices); });
  outcome.outputs["prediction"] = prediction;
  outcome.outputs["metrics"] = validation_table(prediction, of.input("label"), network_settings.classes);
  return outcome;
}

}  // namespace

void register_diffrect_parity_image(Subjects& subjects) {
  subjects.add("diffrect.zoom0", zoom0);
  subjects.add("diffrect.zoom0_index", zoom0_index);
  subjects.add("diffrect.max_min", max_min);
  subjects.add("diffrect.image_op", image_op);
  subjects.add("diffrect.augment", augment);
  subjects.add("diffrect.metrics", metrics);
  subjects.add("diffrect.infer_volume", infer_volume);
}

}  // namespace plexus::parity
