#include <cmath>
#include <filesystem>

#include <torch/torch.h>
#include <fmt/format.h>
#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/quantile_match.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/eval/roc.hpp>

#include "model.hpp"
#include "pictures.hpp"

namespace plexus::adaptdiff {
namespace {

constexpr double kLeastAuc = 0.6;  // below it, image and mask have little to do with each other

// Masks of a batch: their own size, and padded with background to what the network takes.
struct Masks {
  at::Tensor own;     // uint8 [B, H, W]
  at::Tensor padded;  // real [B, 1, H', W']
  bool given = true;  // false: unconditional
};

void report_values(const at::Tensor& label, const std::string& id, std::int64_t wanted) {
  if (wanted > 0) return;
  const auto distinct = std::get<0>(at::_unique(label));
  if (distinct.numel() > 2)
    log::warn_once(fmt::format("{}: the mask has {} values; all but 0 count as vessel (mask_label chooses one)", id,
                               distinct.numel()));
}

Masks masks_of(const Batch& batch, std::int64_t wanted, std::int64_t multiple, at::Device device) {
  Masks masks;
  if (batch.has("label")) {
    auto label = batch["label"];
    if (label.dim() == 4) {
      if (label.size(1) != 1)
        throw Error(ErrorKind::data, "is a volume; masks are planes", batch.of.front().id, "give slices");
      label = label.select(1, 0);
    }
    for (std::int64_t row = 0; row < batch.size(); ++row)
      report_values(label[row], batch.of[static_cast<std::size_t>(row)].id, wanted);
    masks.own = (wanted > 0 ? label.eq(wanted) : label.ne(0)).to(at::kByte);
  } else {
    const auto size = batch["size"].cpu();
    if (size.size(1) != 2) throw Error(ErrorKind::configuration, "images have two sides, height and width", "size");
    masks.own = at::zeros({batch.size(), size[0][0].item<std::int64_t>(), size[0][1].item<std::int64_t>()},
                          at::TensorOptions().dtype(at::kByte).device(device));
    masks.given = false;
  }
  const auto height = masks.own.size(1), width = masks.own.size(2);
  masks.padded = at::constant_pad_nd(masks.own.to(at::kFloat).unsqueeze(1),
                                     {0, rounded_up(width, multiple) - width, 0, rounded_up(height, multiple) - height}, 0);
  return masks;
}

// The template of a sample: one of the files, chosen by its id.
at::Tensor template_plane(const std::string& where, const std::string& id, Context& context) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(where))
    files = volumes_in(where);
  else
    files.push_back(where);
  if (files.empty()) throw Error(ErrorKind::data, "holds no images", where);
  const auto chosen = context.draw("template", {id}, {}, Distribution::integer(0, static_cast<std::int64_t>(files.size())));
  return stretched(read_volume(files[static_cast<std::size_t>(chosen.item<std::int64_t>())]).data[0].to(at::kFloat), 0, 1);
}

at::Tensor number(double value) { return at::scalar_tensor(value, at::kDouble); }

double mean_where(const at::Tensor& picture, const at::Tensor& mask) {
  return picture.to(at::kDouble).masked_select(mask).mean().item<double>();
}

// How much the image follows its mask.
void add_figures(Sample& sample, const at::Tensor& unit, const at::Tensor& mask) {
  sample.fields["deviation"] = number(unit.to(at::kDouble).std(/*unbiased=*/false).item<double>());
  const auto inside = mask.ne(0);
  const double auc = area_under_roc(unit, mask);
  if (std::isnan(auc)) return;
  const auto picture = result_8_bit(unit);
  sample.fields["inside"] = number(mean_where(picture, inside));
  sample.fields["outside"] = number(mean_where(picture, inside.logical_not()));
  sample.fields["auc"] = number(auc);
  if (std::max(auc, 1 - auc) < kLeastAuc)
    log::warning(fmt::format("{}: grey levels hardly follow the mask (AUC {:.2f}); try another norm ({}), or see whether the "
                             "weights are of this network",
                             sample.id, auc, "per_image or running"));
}

at::Tensor columns_picture(const std::vector<GridColumn>& columns, std::int64_t row, std::int64_t height, std::int64_t width) {
  std::vector<at::Tensor> upper, lower;  // the finished image is the leftmost
  for (auto column = columns.rbegin(); column != columns.rend(); ++column) {
    const auto plane = [&](const at::Tensor& x) {
      return saved_frame(frame_8_bit(x.slice(0, row, row + 1).cpu())).slice(0, 0, height).slice(1, 0, width);
    };
    upper.push_back(plane(column->x));
    lower.push_back(plane(column->start));
  }
  return at::cat({at::cat(upper, 1), at::cat(lower, 1)});
}

}  // namespace

void Model::generate(const Batch& batch, Sink& sink, Context& context) {
  const auto by = norm();
  const auto masks = masks_of(batch, settings_.mask_label, settings_.unet.multiple(), context.device());
  const auto rows = batch.size(), height = masks.own.size(1), width = masks.own.size(2);
  const auto tall = masks.padded.size(2), wide = masks.padded.size(3);
  if (by != NormBy::mode && tall * wide <= settings_.unet.multiple() * settings_.unet.multiple())
    throw Error(ErrorKind::data, fmt::format("{} x {} pixels are too few for statistics of one image", height, width),
                batch.of.front().id, "give a larger mask, or norm: running");

  const NormScope scope(*unet_, by);
  MaskedRows denoiser(*unet_, masks.padded, by != NormBy::batch);
  const auto ids = batch.ids();
  const diffusion::NoiseSource noise = [&](std::int64_t step) {
    throw_if_stopped();
    return context.draw("noise " + std::to_string(step), ids, {1, tall, wide});
  };
  const auto kept = settings_.frames > 0 ? kept_frames(process_.steps(), settings_.frames) : std::vector<std::int64_t>();
  std::vector<std::pair<std::int64_t, at::Tensor>> frames;
  const auto watch = [&](const diffusion::SamplerProgress& at) {
    throw_if_stopped();
    context.progress(static_cast<double>(at.done) / static_cast<double>(at.of), ids.front());
    const auto t = at.of - at.done;
    if (std::find(kept.begin(), kept.end(), t) != kept.end()) frames.emplace_back(t, at.x.cpu());
  };
  const auto answer = [&](const at::Tensor& x, const at::Tensor& t) { return denoiser(x, t); };
  const auto begin = context.draw("start", ids, {1, tall, wide});
  const auto x = sampled(process_, answer, begin, settings_.sampler, noise, watch).cpu();
  const auto columns = settings_.grid ? sampled_grid(process_, answer, begin, noise).columns : std::vector<GridColumn>();

  const auto own_masks = masks.own.cpu();
  const auto cropped = [&](const at::Tensor& plane) { return plane.slice(0, 0, height).slice(1, 0, width).contiguous(); };
  for (std::int64_t row = 0; row < rows; ++row) {
    Sample sample = batch.of[static_cast<std::size_t>(row)];
    const auto mask = own_masks[row].contiguous();
    auto unit = cropped(unit_plane(x[row]));
    add_figures(sample, unit, mask);
    if (!settings_.template_images.empty())
      unit = quantile_matched(unit, template_plane(settings_.template_images, sample.id, context)).to(at::kFloat);
    const auto picture = result_8_bit(unit);
    if (settings_.panel) {
      std::vector<at::Tensor> side_by_side{mask * 255, picture};
      if (batch.has("image")) side_by_side.push_back(result_8_bit(batch["image"][row].cpu().flatten(0, -3)[0].to(at::kFloat)));
      sample.fields["picture_panel"] = at::cat(side_by_side, 1);
    }
    for (const auto& [t, frame] : frames)
      sample.fields[fmt::format("picture_frame_{:04}", t)] = cropped(saved_frame(frame_8_bit(frame.slice(0, row, row + 1))));
    if (settings_.grid) sample.fields["picture_grid"] = columns_picture(columns, row, height, width);
    sample.fields["picture"] = picture;
    sample.fields["image"] = (settings_.stretch ? stretched(unit, 0, 1) : unit).unsqueeze(0);
    sample.fields["label"] = mask;
    sink.write(std::move(sample));
  }
}

}  // namespace plexus::adaptdiff
