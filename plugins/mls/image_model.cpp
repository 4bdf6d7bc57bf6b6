#include "image_model.hpp"

#include <algorithm>

#include <torch/torch.h>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/head_ct.hpp>
#include <plexus/data/resample.hpp>

namespace plexus::mls {

void ImageModelSettings::declare(Options& options) {
  slices.declare(options);
  network.declare(options);
  options.add("ema_rate", ema_rate, "rates of the moving averages of the weights to keep").range(0, 1);
  options.add("timestep", timestep, "diffusion time of a prediction").range(0);
  options.add("predict_batch", predict_batch, "slices in one forward pass of prediction").range(1).no_effect();
  options.rule([this]() -> std::string { return timestep < network.diffusion_steps ? "" : "timestep must be below diffusion_steps"; });
}

ImageModel::ImageModel(Settings settings, const DataInfo& info)
    : settings_(std::move(settings)),
      process_(settings_.network.process()),
      network_(std::make_shared<GuidedUNet>(settings_.network.unet())) {
  if (info.channels != 1)
    throw Error(ErrorKind::configuration, "works on one channel, the data have " + std::to_string(info.channels), "model mls_image");
}

std::vector<Network> ImageModel::networks() {
  return {{.name = "image", .module = network_, .averages = settings_.ema_rate}};
}

Prediction ImageModel::predict(const Batch& batch, Context& context) {
  const auto& image = batch["image"];
  if (image.size(0) != 1) throw std::logic_error("mls_image predicts one case at a time");
  if (image.size(1) != 1)
    throw Error(ErrorKind::data, "has " + std::to_string(image.size(1)) + " channels; head CT has one", batch.of.front().id);
  const auto& of = batch.of.front();
  const bool whole = image.dim() == 5;
  const auto volume = (whole ? image[0][0] : image[0]).cpu();
  const double low = settings_.slices.window[0], high = settings_.slices.window[1];
  const auto axial = axial_slices(volume, of.geometry, settings_.slices.size, low);
  const auto slices = windowed(axial.image, low, high).unsqueeze(1).to(context.device());
  const auto at_step = std::min(settings_.timestep, process_.steps() - 1);
  std::vector<at::Tensor> made;
  double error = 0;
  for (std::int64_t from = 0; from < slices.size(0); from += settings_.predict_batch) {
    throw_if_stopped();
    const auto rows = slices.slice(0, from, std::min(from + settings_.predict_batch, slices.size(0)));
    std::vector<std::string> ids;
    for (auto k = from; k < from + rows.size(0); ++k) ids.push_back(of.slice >= 0 ? of.id : fmt::format("{}_slice_{}", of.case_id, k));
    const auto noise = context.draw("noise", ids, rows.sizes().slice(1));
    const auto t = at::full({rows.size(0)}, at_step, rows.options().dtype(at::kLong));
    const auto noised = process_.noised(rows, t, noise);
    const auto answer = process_.mean_part(network_->forward(noised, process_.told(t)));
    made.push_back(process_.start_from(answer, noised, t).clamp(-1, 1).cpu());
    error += (process_.noise_from(answer, noised, t) - noise).square().mean({1, 2, 3}).sum().item<double>();
  }
  const auto values = low + (at::cat(made).transpose(0, 1) + 1) / 2 * (high - low);
  const auto back = resample_to(values.contiguous(), axial.geometry, of.geometry, volume.sizes(), Interpolation::linear, low);
  Prediction prediction;
  prediction.fields["image"] = (whole ? back : back.squeeze(1)).unsqueeze(0);
  prediction.values = {{"denoising_error", error / static_cast<double>(slices.size(0))}};
  return prediction;
}

}  // namespace plexus::mls
