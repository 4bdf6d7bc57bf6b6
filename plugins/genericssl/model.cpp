#include "model.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/percentiles.hpp>
#include <plexus/train/amp.hpp>

namespace plexus::genericssl {
namespace {

constexpr std::int64_t kMultiple = 16;  // four halvings

std::string problem(const ModelSettings& s) {
  if (s.patch_size.size() != 2 && s.patch_size.size() != 3) return "patch_size is two or three numbers";
  for (const auto side : s.patch_size) {
    if (side < kMultiple || side % kMultiple != 0)
      return "patch_size must be multiples of 16: the network halves its grid four times";
  }
  if (s.normalization == "groupnorm" && s.n_filters % 16 != 0)
    return "groupnorm has 16 groups: n_filters must be a multiple of 16";
  if (s.sample_steps > s.timesteps) return "sample_steps must not exceed timesteps";
  for (std::size_t i = 0; i < s.sample_times.size(); ++i) {
    if (s.sample_times[i] >= s.timesteps || (i > 0 && s.sample_times[i] <= s.sample_times[i - 1]))
      return "sample_times must rise and stay below timesteps";
  }
  if (s.timesteps < 20) return "the linear noise schedule needs timesteps of at least 20";
  if (!s.clip.empty() && (s.clip.size() != 2 || s.clip[0] >= s.clip[1])) return "clip is two rising numbers";
  if (!s.clip_percentiles.empty() && (s.clip_percentiles.size() != 2 || s.clip_percentiles[0] >= s.clip_percentiles[1]))
    return "clip_percentiles is two rising numbers";
  return s.windows().problem();
}

// A case as the authors load it.
at::Tensor loaded(const at::Tensor& image, const ModelSettings& s) {
  auto values = image.to(at::kFloat);
  if (!s.clip.empty()) values = values.clamp(s.clip[0], s.clip[1]);
  if (!s.clip_percentiles.empty()) {
    const auto bounds = percentiles(values.cpu().contiguous(), s.clip_percentiles);
    if (!bounds.empty()) values = values.clamp(bounds[0], bounds[1]);
  }
  if (!s.normalise) return values;
  const auto low = values.min(), width = values.max() - low;
  return at::where(width > 0, (values - low) / width, at::zeros_like(values));
}

using Setting = std::pair<std::string, std::string>;

}  // namespace

WindowSettings ModelSettings::windows() const {
  WindowSettings windows{.patch = patch_size, .stride = stride, .batch = predict_batch, .pad_equal = dimensions() == 2};
  if (!stride.empty()) return windows;
  // As published: in 3D the first axis has a stride of its own, in the plane all have one.
  static constexpr std::int64_t plane[] = {16, 32, 64}, across[] = {16, 64, 128}, along[] = {4, 16, 32};
  const auto at = static_cast<std::size_t>(speed);
  if (dimensions() == 2)
    windows.stride = {plane[at], plane[at]};
  else
    windows.stride = {along[at], across[at], across[at]};
  for (std::size_t axis = 0; axis < windows.stride.size(); ++axis)
    windows.stride[axis] = std::min(windows.stride[axis], patch_size[axis]);
  return windows;
}

void ModelSettings::declare(Options& options) {
  options.add("n_filters", n_filters, "Channels of the finest level; each level below has twice as many.").range(1);
  options.add("num_classes", num_classes, "Classes with background; 0: as the data set says, whose number it must be.")
      .range(0)
      .alias("num_cls");
  options.add("normalization", normalization, "Layer after every convolution and its ReLU.")
      .one_of({"batchnorm", "groupnorm", "instancenorm", "none"});
  options.add("has_dropout", has_dropout,
              "Dropout of whole channels on the deepest features and before the last convolutions.");
  options.add("dropout_rate", dropout_rate, "Its rate.").range(0, 1);
  options
      .add("conv_dropout", conv_dropout,
           "Rate of channel dropout after every 3 x 3 (x 3) convolution; fixed in the authors' code.")
      .range(0, 1);
  options.add("timesteps", timesteps, "Steps of the label diffusion.").range(1);
  options.add("sample_steps", sample_steps, "Steps of its sampler, spread evenly over timesteps.").range(1).alias("ddim_steps");
  options.add("sample_times", sample_times, "Instead: the times to sample at, rising; empty: spread evenly.").range(0);
  options
      .add("patch_size", patch_size,
           "Size of training patches and of the windows of prediction, in the order of the data's axes; two numbers: a 2D "
           "network.")
      .range(1)
      .unit("voxels");
  options.add("stride", stride, "Between windows, one number an axis; empty: as speed says.").range(1).unit("voxels");
  options
      .add("speed", speed,
           "Published strides: first axis and others 4 and 16 (0), 16 and 64 (1), 32 and 128 (2), at most the patch; in 2D 16, "
           "32, 64.")
      .range(0, 2);
  options.add("predict_batch", predict_batch, "Windows in one forward pass of prediction.").range(1).no_effect();
  options
      .add("predict_precision", predict_precision,
           "Of the network in prediction: fp32, as published, or bf16, three times as fast on CPUs that have it.")
      .one_of({"fp32", "bf16"});
  options.add("clip", clip,
              "Values that cases are clipped to before prediction; empty: not. Data sets that load as published have done so.");
  options.add("clip_percentiles", clip_percentiles, "The same as percentiles of each case ([0.5, 99.5] for raw M&Ms frames).")
      .range(0, 100);
  options.add("normalise", normalise, "Scale cases to [0, 1] by their extremes before prediction, as published.");
  options.preset("reference", "what the published code does: the LA task", {{"patch_size", "[112, 112, 80]"}});
  options.preset("la", "2 classes, patch 112 x 112 x 80 along x, y, z",
                 {{"num_classes", "2"}, {"patch_size", "[112, 112, 80]"}});
  options.preset("synapse", "14 classes, patch 64 x 128 x 128, window [-75, 275] HU",
                 {{"num_classes", "14"}, {"patch_size", "[64, 128, 128]"}, {"clip", "[-75, 275]"}});
  options.preset("mmwhs", "5 classes, patch 128 x 128 x 128", {{"num_classes", "5"}, {"patch_size", "[128, 128, 128]"}});
  options.preset("mnms", "4 classes, patch 32 x 128 x 128", {{"num_classes", "4"}, {"patch_size", "[32, 128, 128]"}});
  options.preset("mnms_2d", "4 classes, patch 224 x 224", {{"num_classes", "4"}, {"patch_size", "[224, 224]"}});
  options.preset("smoke", "small and quick, for tests",
                 {{"n_filters", "2"}, {"patch_size", "[32, 32, 16]"}, {"stride", "[16, 16, 16]"}});
  options.rule([this] { return problem(*this); });
}

Model::Model(Settings settings, const DataInfo& info) : settings_(std::move(settings)) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "model genericssl");
  // Without a data set (the authors' weights on a scan of one's own) the option alone tells.
  const auto classes = info.labels.empty() ? settings_.num_classes : info.classes();
  if (settings_.num_classes != 0 && settings_.num_classes != classes) {
    throw Error(ErrorKind::configuration,
                "num_classes is " + std::to_string(settings_.num_classes) + ", the data set has " + std::to_string(classes),
                "model genericssl", "leave num_classes out, or choose the preset of the data set");
  }
  if (classes < 2) {
    throw Error(ErrorKind::configuration, "there are " + std::to_string(classes) + " classes", "model genericssl",
                "without a data set, say num_classes or a preset");
  }
  if (!info.labels.empty() && info.dimensions < settings_.dimensions()) {
    throw Error(ErrorKind::configuration, "patch_size has three numbers, the data set gives planes", "model genericssl",
                "give two numbers, or ask the data set for volumes");
  }
  network_ = std::make_shared<DiffVNet>(DiffVNetSettings{.channels = info.channels,
                                                         .classes = classes,
                                                         .filters = settings_.n_filters,
                                                         .blocks = {.dimensions = settings_.dimensions(),
                                                                    .normalization = settings_.normalization,
                                                                    .dropout = settings_.conv_dropout},
                                                         .has_dropout = settings_.has_dropout,
                                                         .dropout_rate = settings_.dropout_rate,
                                                         .steps = settings_.timesteps,
                                                         .sample_steps = settings_.sample_steps,
                                                         .sample_times = settings_.sample_times});
}

std::vector<Network> Model::networks() { return {{.name = "diffvnet", .module = network_}}; }

std::vector<Original> Model::originals() const { return {{.network = "diffvnet", .containers = {"state_dict"}}}; }

Prediction Model::predict(const Batch& batch, Context& context) {
  const auto format = settings_.dimensions() == 3 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
  const bool turn = context.device().is_cpu();  // where convolutions are quicker with the channels last
  const auto theta = [&](const at::Tensor& patches) { return network_->theta(turn ? patches.contiguous(format) : patches); };
  const NoAutocast full_precision(context.device());
  const Autocast lower_precision(parse_precision(settings_.predict_precision), context.device());
  std::vector<at::Tensor> labels;
  for (const auto& row : batch["image"].unbind(0)) {
    const auto image = loaded(row, settings_);
    const bool planes = image.dim() - 1 > settings_.dimensions();
    const auto stack = planes ? image.transpose(0, 1) : image.unsqueeze(0);  // [D, C, H, W], or [1, C, …]
    const auto label = segment_by_windows(stack, settings_.windows(), theta);
    labels.push_back(planes ? label : label.squeeze(0));
  }
  Prediction prediction;
  prediction.fields["label"] = at::stack(labels);
  return prediction;
}

}  // namespace plexus::genericssl
