#include "model.hpp"

#include <torch/torch.h>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

#include "flow.hpp"

namespace plexus::mls {

void ModelSettings::declare(Options& options) {
  options.add("model_con_path", model_con_path, "weights of con, of slices without shift; a file of ours or of the authors; empty: `load`")
      .path();
  options.add("model_uncon_path", model_uncon_path, "weights of uncon, of all slices").path();
  slices.declare(options);
  network.declare(options);
  guidance.declare(options);
  options.add("integration_steps", integration_steps, "squarings by which the velocity is integrated").range(0, 20);
  options.add("timestep", timestep, "diffusion time of the difference map in prediction").range(0);
  options.add("draws", draws, "draws of noise that a prediction is averaged over").range(1);
  options.add("first_slice", first_slice, "of a scan to predict from, from below; where too few are left, all are used").range(0);
  options.add("skip_last", skip_last, "the last that is used is this many below the number of slices").range(1);
  options
      .add("region", region,
           "where the largest displacement is looked for: inside the head, or in the whole image, as published (biased upwards)")
      .one_of({"head", "image"});
  options.add("percentile", percentile, "of the displacements there, instead of the largest: 100").range(50, 100);
  options
      .add("counterpart", counterpart,
           "slices whose counterpart without shift is written when predicting, at counterpart_start forward passes of both "
           "networks each")
      .one_of({"all", "deciding", "none"});
  options.add("outside", outside, "value of what is added to scans that are not square").unit("HU");
  options.add("predict_batch", predict_batch, "slices in one forward pass of prediction").range(1).no_effect();
  options.add("copies", copies, "stage generate: counterparts and difference maps of each slice").range(1);
  options.add("noised", noised, "difference maps of training are made at random diffusion times; false: at time 0");
  options.preset("reference", "what the published code does", {{"region", "image"}});
  options.rule([this]() -> std::string { return timestep < network.diffusion_steps ? "" : "timestep must be below diffusion_steps"; });
}

ShiftModel::ShiftModel(Settings settings, const DataInfo& info)
    : ShiftModel(settings, info, std::make_shared<DeformUNet>(settings.slices.size, settings.slices.size)) {}

ShiftModel::ShiftModel(Settings settings, const DataInfo& info, std::shared_ptr<DeformUNet> deformation)
    : settings_(std::move(settings)),
      guidance_(settings_.network, settings_.guidance),
      deformation_(std::move(deformation)) {
  if (info.channels != 1)
    throw Error(ErrorKind::configuration, "works on one channel, the data have " + std::to_string(info.channels), "model mls");
  if (!settings_.model_con_path.empty()) load_image_network(*guidance_.con(), settings_.model_con_path);
  if (!settings_.model_uncon_path.empty()) load_image_network(*guidance_.uncon(), settings_.model_uncon_path);
}

std::vector<Network> ShiftModel::networks() {
  const auto frozen = [](const char* name, const std::shared_ptr<GuidedUNet>& network, const std::string& path) {
    return Network{.name = name,
                   .module = network,
                   .role = Network::Role::frozen,
                   .mode = Network::Mode::eval,
                   .needed_to_predict = path.empty()};
  };
  return {{.name = "deformation", .module = deformation_},
          frozen("con", guidance_.con(), settings_.model_con_path),
          frozen("uncon", guidance_.uncon(), settings_.model_uncon_path)};
}

at::Tensor ShiftModel::field(const at::Tensor& slice, const at::Tensor& difference) {
  return integrate(deformation_->forward(at::cat({slice, difference}, 1)), settings_.integration_steps);
}

at::Tensor ShiftModel::predicted_field(const at::Tensor& slice, const at::Tensor& noise) {
  const auto t = at::full({1}, settings_.timestep, slice.options().dtype(at::kLong));
  return field(slice, guidance_.difference(slice, t, noise));
}

Shifts ShiftModel::shifts(const at::Tensor& field, const at::Tensor& head, const PixelSize& size) const {
  return largest_shifts(field, settings_.region == "head" ? head : at::Tensor(), size, settings_.percentile);
}

void ShiftModel::generate(const Batch& batch, Sink& sink, Context& context) {
  const auto ids = batch.ids();
  std::vector<Sample> samples = batch.of;
  std::vector<at::Tensor> rows;
  Rng unused;
  for (std::size_t row = 0; row < samples.size(); ++row) {
    for (const auto& [name, field] : batch.fields) samples[row].fields[name] = field[static_cast<std::int64_t>(row)].cpu();
    Sample seen = samples[row];
    WindowSlice(settings_.slices, false).apply(seen, unused);
    rows.push_back(seen.fields.at("image"));
  }
  const auto slices = at::stack(rows).to(context.device());
  const auto end = settings_.noised ? guidance_.steps() : 1;
  std::vector<at::Tensor> counterparts, differences;
  for (std::int64_t copy = 0; copy < settings_.copies; ++copy) {
    const auto noise = context.draw(fmt::format("noise/{}", copy), ids, slices.sizes().slice(1));
    const auto t = context.draw(fmt::format("timestep/{}", copy), ids, {}, Distribution::integer(0, end));
    counterparts.push_back(guidance_.counterpart(slices, noise).cpu());
    differences.push_back(guidance_.difference(slices, t, noise).cpu());
  }
  const auto counterpart = at::cat(counterparts, 1), difference = at::cat(differences, 1);  // [B, copies, H, W]
  for (std::size_t row = 0; row < samples.size(); ++row) {
    samples[row].fields["counterpart"] = counterpart[static_cast<std::int64_t>(row)];
    samples[row].fields["difference"] = difference[static_cast<std::int64_t>(row)];
    sink.write(std::move(samples[row]));
  }
}

}  // namespace plexus::mls
