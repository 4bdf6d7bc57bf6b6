#include "model.hpp"

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/diffusion/continuous.hpp>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/eval/ensemble.hpp>
#include <plexus/train/amp.hpp>

#include "fusion.hpp"

namespace plexus::medsegdiff {
namespace {

at::Tensor resized(const at::Tensor& maps, std::int64_t height, std::int64_t width) {
  if (maps.size(-2) == height && maps.size(-1) == width) return maps;
  return at::_upsample_bilinear2d_aa(maps.contiguous(), {height, width}, false);
}

bool solves(const diffusion::SamplerSettings& sampler) { return sampler.sampler.rfind("dpm-solver", 0) == 0; }

}  // namespace

NetworkSettings network_settings(const ModelSettings& s, std::int64_t image_channels, std::int64_t mask_channels) {
  NetworkSettings network;
  auto& unet = network.unet;
  unet.in_channels = image_channels + mask_channels;
  unet.out_channels = 2 * mask_channels;
  unet.model_channels = s.num_channels;
  unet.num_res_blocks = s.num_res_blocks;
  if (!s.channel_mult.empty()) {
    unet.channel_mult = parse_channel_mult(s.channel_mult);
  } else if (s.image_size == 512 || s.image_size == 256) {
    unet.channel_mult = {1, 1, 2, 2, 4, 4};
  } else if (s.image_size == 128) {
    unet.channel_mult = {1, 1, 2, 3, 4};
  } else if (s.image_size == 64) {
    unet.channel_mult = {1, 2, 3, 4};
  } else {
    throw Error(ErrorKind::configuration, "no channel_mult is known for image_size " + std::to_string(s.image_size), "",
                "give channel_mult, as \"1,1,2,2,4,4\"");
  }
  unet.attention_factors = attention_factors(s.image_size, s.attention_resolutions);
  unet.num_heads = s.num_heads;
  unet.num_heads_upsample = s.num_heads_upsample;
  unet.num_head_channels = s.num_head_channels;
  unet.num_classes = s.class_cond ? 2 : 0;
  unet.dropout = s.dropout;
  unet.use_scale_shift_norm = s.use_scale_shift_norm;
  unet.resblock_updown = s.resblock_updown;
  unet.use_new_attention_order = s.use_new_attention_order;
  network.highway.image_channels = image_channels;
  network.highway.mask_channels = mask_channels;
  network.highway.features = s.hw_features > 0 ? s.hw_features : s.num_channels / 4;
  network.highway.max_features = std::max(s.hw_max_features, network.highway.features);
  network.highway.dropout = s.hw_dropout;
  network.highway.image_size = s.image_size;
  network.first_version = s.version == "1";
  network.highway.dynamic_encoding = s.dynamic_encoding;
  network.redraw = s.projection == "redraw";
  network.uncertain_attention = s.uncertain_attention;
  network.spectrum_transformer = s.spectrum_transformer;
  if (const auto wrong = network.problem(); !wrong.empty()) throw Error(ErrorKind::configuration, wrong);
  return network;
}

diffusion::Process make_process(const ModelSettings& s) {
  return {diffusion::betas({.name = s.noise_schedule, .steps = s.diffusion_steps}),
          diffusion::ProcessSettings{
              .predicts = s.predict_xstart ? diffusion::Predicts::start : diffusion::Predicts::noise,
              .variance = s.learn_sigma ? diffusion::Variance::learned_range : diffusion::Variance::fixed_large,
              .rescaled_times = s.rescale_timesteps}};
}

diffusion::Objective objective(const ModelSettings& s) {
  using diffusion::Objective;
  if (s.use_kl) return s.rescale_learned_sigmas ? Objective::rescaled_kl : Objective::kl;
  return s.rescale_learned_sigmas ? Objective::rescaled_mse : Objective::mse;
}

// The batch's images and, for V2, what the highway made of them.
struct Model::Seen final : Condition {
  at::Tensor image, y;
  medsegdiff::Network::Seen kept;
};

Model::Model(Settings settings, const DataInfo& info) : settings_(std::move(settings)), process_(make_process(settings_)) {
  if (const auto wrong = settings_.problem(); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "model medsegdiff");
  const auto masks = info.labels.empty() ? 1 : info.classes() - 1;
  if (masks < 1) throw Error(ErrorKind::configuration, "the data set has no foreground class", "model medsegdiff");
  try {
    network_ = std::make_shared<medsegdiff::Network>(network_settings(settings_, info.channels, masks));
  } catch (const Error& error) {
    throw error.within("model medsegdiff");
  }
}

std::vector<plexus::Network> Model::networks() {
  std::vector<plexus::Network> all{{.name = "network", .module = network_, .averages = settings_.ema_rate}};
  if (network_->projection() != nullptr)
    all.push_back({.name = "projection", .module = network_->shared_projection(), .needed_to_predict = false});
  return all;
}

std::vector<std::int64_t> Model::sample_shape(const Batch& batch) const {
  const auto& image = batch["image"];
  return {network_->mask_channels(), image.size(2), image.size(3)};
}

std::unique_ptr<Condition> Model::prepare(const Batch& batch) {
  auto seen = std::make_unique<Seen>();
  seen->image = batch["image"];
  if (settings_.class_cond) {
    if (!batch.has("class"))
      throw Error(ErrorKind::data, "class_cond needs the field 'class' (0 or 1) of each sample", "model medsegdiff");
    seen->y = batch["class"].to(at::kLong).flatten();
  }
  if (settings_.version == "1") return seen;
  const Autocast autocast(parse_precision(settings_.precision), seen->image.device());
  seen->kept = network_->look(seen->image);
  calibration_ = seen->kept.calibration.to(at::kFloat);
  return seen;
}

at::Tensor Model::denoise(const at::Tensor& x, const at::Tensor& t, const Condition& condition) {
  const auto& seen = static_cast<const Seen&>(condition);
  const Autocast autocast(parse_precision(settings_.precision), x.device());
  const auto members = x.size(0) / seen.image.size(0);
  const auto y = seen.y.defined() ? seen.y.repeat({members}) : at::Tensor();
  if (settings_.version != "1" && settings_.cache_condition) return network_->denoise(x, t, seen.kept, y).to(at::kFloat);
  const auto answer = network_->forward(at::cat({seen.image.repeat({members, 1, 1, 1}), x}, 1), t, y);
  if (settings_.version == "1") calibration_ = answer.calibration.to(at::kFloat);
  return answer.output.to(at::kFloat);
}

Model::Maps Model::predict_group(const Batch& group, Context& context) {
  const bool first_version = settings_.version == "1";
  auto sampler = settings_.sampler;
  if (first_version) sampler.member_batch = 0;  // the calibrations of all members are needed together
  if (settings_.result == "calibration" && !first_version) {
    prepare(group);
    return {calibration_, at::zeros_like(calibration_), calibration_};
  }
  const bool published = settings_.dpm_result == "reference" && solves(sampler);
  sampler.finish_with_start = !published;
  auto members = diffusion::sample(*this, group, sampler, context);  // [M, n, K, H, W]
  const auto count = members.size(0), rows = members.size(1);
  if (published) {
    const auto begin = diffusion::ContinuousSchedule::discrete(process_.beta()).beginning();
    const auto t = torch::full({count * rows}, (begin - 1.0 / static_cast<double>(process_.steps())) * 1000, members.options());
    const auto answers = denoise(members.flatten(0, 1), t, *prepare(group));
    std::vector<at::Tensor> solutions;
    for (const auto& answer : answers.unbind(0))
      solutions.push_back(published_solution(answer.unsqueeze(0), calibration_).sample.narrow(1, answer.size(0) / 2, members.size(2))[0]);
    members = at::stack(solutions).view(members.sizes());
  }
  const auto calibration = first_version ? calibration_.view(members.sizes()) : calibration_.unsqueeze(0).expand_as(members);
  if (first_version && settings_.mix_calibration) {
    std::vector<at::Tensor> mixed;
    for (std::int64_t m = 0; m < count; ++m) {
      std::vector<at::Tensor> of;
      for (std::int64_t i = 0; i < rows; ++i) {
        of.push_back(published ? (calibration[m][i] + 0.25 * members[m][i]).clamp(0, 1)
                               : mixed_with_calibration(members[m][i], calibration[m][i]));
      }
      mixed.push_back(at::stack(of));
    }
    members = at::stack(mixed);
  }
  const auto held = members.clamp(0, 1);
  Maps maps;
  maps.calibration = calibration.mean(0);
  maps.score = settings_.result == "calibration" ? maps.calibration
               : settings_.fusion == "reference" ? fuse(members, "squared-mean").clamp(0, 1)
                                                 : fuse(held, settings_.fusion, settings_.threshold);
  maps.uncertainty = settings_.uncertainty == "none" ? at::Tensor() : disagreement(held, settings_.uncertainty);
  return maps;
}

Model::Maps Model::predict_slices(const at::Tensor& slices, const std::string& id, Context& context) {
  const auto height = slices.size(2), width = slices.size(3);
  std::vector<at::Tensor> score, uncertainty, calibration;
  for (std::int64_t first = 0; first < slices.size(0); first += settings_.predict_batch) {
    const auto last = std::min(first + settings_.predict_batch, slices.size(0));
    Batch group;
    for (auto slice = first; slice < last; ++slice) group.of.push_back({.id = id + " slice " + std::to_string(slice)});
    group.fields["image"] = resized(slices.slice(0, first, last).to(at::kFloat), settings_.image_size, settings_.image_size);
    const auto maps = predict_group(group, context);
    score.push_back(resized(maps.score, height, width));
    calibration.push_back(resized(maps.calibration, height, width));
    if (maps.uncertainty.defined()) uncertainty.push_back(resized(maps.uncertainty, height, width));
  }
  return {at::cat(score), uncertainty.empty() ? at::Tensor() : at::cat(uncertainty), at::cat(calibration)};
}

namespace {

// [H, W, 3] uint8 of each slice and class, all channels alike.
void add_compat_pictures(Prediction& prediction, bool flat) {
  const auto& score = prediction.fields.at("score");                              // [1, K, (D,) H, W]
  const auto slices = flat ? score.unsqueeze(2) : score;
  const auto bytes = (slices[0] * 255 + 0.5).clamp(0, 255).to(at::kByte).cpu();  // [K, D, H, W]
  for (std::int64_t k = 0; k < bytes.size(0); ++k)
    for (std::int64_t slice = 0; slice < bytes.size(1); ++slice) {
      std::string name = "output_ens";
      if (bytes.size(0) > 1) name += "_class_" + std::to_string(k + 1);
      if (!flat) name += "_slice_" + std::to_string(slice);
      prediction.pictures[name + ".jpg"] = bytes[k][slice].unsqueeze(-1).expand({-1, -1, 3}).contiguous();
    }
}

}  // namespace

Prediction Model::predict(const Batch& batch, Context& context) {
  const auto& images = batch["image"];
  const bool flat = images.dim() == 4;
  std::vector<at::Tensor> label, score, uncertainty, calibration;
  for (std::int64_t row = 0; row < images.size(0); ++row) {
    const auto slices = flat ? images[row].unsqueeze(0) : images[row].transpose(0, 1);  // [D, C, H, W]
    const auto maps = predict_slices(slices, batch.of.at(static_cast<std::size_t>(row)).id, context);
    const auto as_case = [&](const at::Tensor& all) { return flat ? all[0] : all.transpose(0, 1); };  // [K, (D,) H, W]
    const auto best = maps.score.max(1);
    const auto chosen = at::where(std::get<0>(best) > settings_.threshold, std::get<1>(best) + 1, 0);
    label.push_back(flat ? chosen[0] : chosen);
    score.push_back(as_case(maps.score));
    calibration.push_back(as_case(maps.calibration));
    if (maps.uncertainty.defined()) uncertainty.push_back(as_case(maps.uncertainty));
  }
  Prediction prediction;
  prediction.fields = {{"label", at::stack(label)}, {"score", at::stack(score)}, {"calibration", at::stack(calibration)}};
  if (!uncertainty.empty()) prediction.fields["uncertainty"] = at::stack(uncertainty);
  // Names of pictures do not tell rows apart: a case comes alone.
  if (settings_.compat_pictures && images.size(0) == 1) add_compat_pictures(prediction, flat);
  return prediction;
}

}  // namespace plexus::medsegdiff
