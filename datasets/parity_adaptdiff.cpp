// Subjects of the parity cases on data of AdaptDiff.
#include <ATen/ATen.h>

#include <plexus/data/clahe.hpp>
#include <plexus/data/pollute.hpp>
#include <plexus/data/quantile_match.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/vessel_augment.hpp>

#include "retina.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

VesselChoices choices_of(const Case& of) {
  VesselChoices choices;
  choices.branch = of.config.at("u").get<double>();
  choices.deviation = of.option("std", choices.deviation);
  choices.alpha = of.option("alpha", choices.alpha);
  choices.brightness = of.option("magnitude", choices.brightness);
  choices.sigma = of.option("sigma", choices.sigma);
  return choices;
}

Outcome image_rescale(const Case& of) {
  const auto range = of.config.at("range").get<std::vector<double>>();
  return {{{"y", stretched(of.input("im"), range[0], range[1])}}, {}, {}};
}

Outcome hist_match(const Case& of) {
  return {{{"matched", quantile_matched(of.input("source"), of.input("template"))}}, {}, {}};
}

Outcome augment_noise(const Case& of) {
  return {{{"img8", noisy_in_8_bits(of.input("img"), of.input("noise")[0] * of.config.at("std").get<double>())}}, {}, {}};
}

Outcome augment_unsharp(const Case& of) {
  return {{{"y", unsharp(of.input("img"), of.config.at("alpha").get<double>())}}, {}, {}};
}

Outcome augment_brightness(const Case& of) {
  return {{{"y", brightened(of.input("img"), of.config.at("magnitude").get<double>())}}, {}, {}};
}

Outcome augment_intensity(const Case& of) {
  return {{{"y", rescaled_intensity(of.input("img"), of.config.at("scale").get<double>(), of.config.at("bias").get<double>())}},
          {},
          {}};
}

Outcome augment_pipeline(const Case& of) {
  const auto image = of.input("img").unsqueeze(0);
  return {{{"y", vessel_augmented(image, choices_of(of), of.has_input("noise") ? of.input("noise") : at::zeros_like(image))}},
          {},
          {}};
}

Outcome pollute(const Case& of) {
  const auto indices = [&](const char* name) {
    const auto values = of.input(name).to(at::kLong).contiguous();
    return std::vector<std::int64_t>(values.const_data_ptr<std::int64_t>(),
                                     values.const_data_ptr<std::int64_t>() + values.numel());
  };
  return {{{"mask", polluted_mask(of.input("mask"), indices("fp_index"), indices("fn_index"))}}, {}, {}};
}

Outcome prepare_fundus(const Case& of) {
  const auto unit = stretched(of.input("im"), 0, 1);
  const auto inverted = ((of.option("invert", false) ? unit.max() - unit : unit) * 255).to(at::kByte);
  const auto tiles = of.config.at("tiles").get<std::vector<std::int64_t>>();
  const auto even = clahe(inverted, of.config.at("clip_limit").get<double>(), tiles[0], tiles[1]);
  return {{{"inverted8", inverted}, {"clahe8", even}, {"y", stretched(even, 0, 1)}}, {}, {}};
}

std::filesystem::path file_of(const Case& of) { return of.shared / of.config.at("file").get<std::string>(); }

Outcome load_binary_mask(const Case& of) { return {{{"mask", datasets::binary_mask(file_of(of))}}, {}, {}}; }

Outcome read_dictionary(const Case& of) {
  Outcome outcome;
  for (const auto& [name, set] : datasets::read_retina_dictionary(file_of(of)))
    for (std::size_t i = 0; i < set.images.size(); ++i) {
      outcome.outputs[name + "_im." + std::to_string(i)] = set.images[i];
      outcome.outputs[name + "_gt." + std::to_string(i)] = set.masks[i];
    }
  return outcome;
}

Outcome read_pairs(const Case& of) {
  Outcome outcome;
  std::size_t i = 0;
  for (const auto& [image, mask] : datasets::read_retina_pairs(file_of(of))) {
    outcome.outputs["image." + std::to_string(i)] = image;
    outcome.outputs["mask." + std::to_string(i++)] = mask;
  }
  return outcome;
}

Outcome pairs_to_batch(const Case& of) {
  std::vector<at::Tensor> images, masks;
  for (const auto& [image, mask] : datasets::read_retina_pairs(file_of(of))) {
    images.push_back(vessel_augmented(image.unsqueeze(0), choices_of(of), {}));
    masks.push_back(datasets::whole_mask(mask).unsqueeze(0));
  }
  return {{{"x", at::stack(images)}, {"y", at::stack(masks)}}, {}, {}};
}

// All patches at the case's corners.
std::vector<datasets::RetinaPatch> patches(const Case& of, const at::Tensor& image, const at::Tensor& mask) {
  const auto rows = of.input("row").to(at::kLong), columns = of.input("col").to(at::kLong);
  const auto size = of.config.at("patch").get<std::vector<std::int64_t>>();
  std::vector<datasets::RetinaPatch> all;
  for (std::int64_t i = 0; i < rows.numel(); ++i)
    all.push_back(
        datasets::retina_patch(image, mask, rows[i].item<std::int64_t>(), columns[i].item<std::int64_t>(), size, true));
  return all;
}

Outcome sample_patches(const Case& of) {
  std::vector<at::Tensor> images, masks;
  for (const auto& patch : patches(of, of.input("im"), of.input("gt"))) {
    images.push_back(patch.image);
    masks.push_back(patch.mask.unsqueeze(0));
  }
  const auto x = at::stack(images);
  return {{{"x", x}, {"y", at::stack(masks)}, {"x_0", x.slice(1, 1, 2)}}, {}, {}};
}

Outcome sample_masks(const Case& of) {
  const auto rows = of.config.at("crop_rows").get<std::vector<std::int64_t>>(),
             columns = of.config.at("crop_cols").get<std::vector<std::int64_t>>();
  const auto window = of.input("gt").slice(0, rows[0], rows[1]).slice(1, columns[0], columns[1]);
  std::vector<at::Tensor> masks;
  for (const auto& patch : patches(of, {}, window)) masks.push_back(patch.mask.unsqueeze(0));
  return {{{"mask", at::stack(masks)}}, {}, {}};
}

}  // namespace

void register_datasets_parity_adaptdiff(Subjects& subjects) {
  subjects.add("adaptdiff.image_rescale", image_rescale);
  subjects.add("adaptdiff.hist_match", hist_match);
  subjects.add("adaptdiff.augment.noise", augment_noise);
  subjects.add("adaptdiff.augment.unsharp", augment_unsharp);
  subjects.add("adaptdiff.augment.brightness", augment_brightness);
  subjects.add("adaptdiff.augment.intensity", augment_intensity);
  subjects.add("adaptdiff.augment.pipeline", augment_pipeline);
  subjects.add("adaptdiff.pollute_mask", pollute);
  subjects.add("adaptdiff.prepare_fundus", prepare_fundus);
  subjects.add("adaptdiff.load_binary_mask", load_binary_mask);
  subjects.add("adaptdiff.read_dictionary", read_dictionary);
  subjects.add("adaptdiff.read_pairs", read_pairs);
  subjects.add("adaptdiff.pairs_to_batch", pairs_to_batch);
  subjects.add("adaptdiff.sample_patches", sample_patches);
  subjects.add("adaptdiff.sample_masks", sample_masks);
}

}  // namespace plexus::parity
