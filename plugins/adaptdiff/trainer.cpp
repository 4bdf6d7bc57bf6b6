#include "trainer.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/stretch.hpp>

#include "losses.hpp"
#include "pictures.hpp"

namespace plexus::adaptdiff {
namespace {

constexpr const char* kTrainer = "trainer adaptdiff";

Model& diffusion_model(plexus::Model& model) {
  if (auto* own = dynamic_cast<Model*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer adaptdiff trains the model adaptdiff only", kTrainer,
              "write `model: {plugin: adaptdiff}`");
}

// Patches to [-1, 1]: by their own range, over all channels together though one is used, as published; or from [0, 1].
at::Tensor signed_range(const at::Tensor& image, const std::string& range) {
  if (range == "patch") return stretched(image, -1, 1);
  return range == "unit" ? image * 2 - 1 : image;
}

class ToSignedRange final : public Transform {
 public:
  explicit ToSignedRange(std::string range) : range_(std::move(range)) {}
  void apply(Sample& sample, Rng&) const override {
    auto& image = sample.fields.at("image");
    image = signed_range(image, range_);
  }
  bool deterministic() const override { return true; }

 private:
  std::string range_;
};

// The green one of three channels, else the first: [B, 1, H, W].
at::Tensor one_channel(const at::Tensor& image) {
  const std::int64_t channel = image.size(1) == 3 ? 1 : 0;
  return image.slice(1, channel, channel + 1);
}

// The largest part of an image that the networks take, from its upper left corner.
at::Tensor cut(const at::Tensor& plane, std::int64_t multiple) {
  const auto keep = [&](std::int64_t size) { return size / multiple * multiple; };
  return plane.slice(-2, 0, keep(plane.size(-2))).slice(-1, 0, keep(plane.size(-1)));
}

}  // namespace

void TrainerSettings::declare(Options& options) {
  learning.declare(options);
  options.add("batch_size", batch_size, "Patches in a batch; the last one of an epoch may be smaller.").range(1);
  options.add("subset", subset, "Samples to learn from: the target's.");
  options.add("loss", loss, "Mean absolute (as published) or squared error of the predicted noise.").one_of({"l1", "l2"});
  options
      .add("pseudo_norm", pseudo_norm,
           "Statistics that the segmentation network labels patches with: the batch's, as published, or its stored ones.")
      .one_of({"batch", "running"});
  options
      .add("pseudo_range", pseudo_range,
           "Range of the patches that it sees: signed [-1, 1], as published, or unit [0, 1], on which it was trained.")
      .one_of({"signed", "unit"});
  options
      .add("range", range,
           "How patches come to [-1, 1]: each stretched by its own range, as published; from [0, 1] (unit), so that their contrast "
           "stays that of whole images, which prediction sees; or they are there already (signed).")
      .one_of({"patch", "unit", "signed"});
  options
      .add("drop_condition", drop_condition,
           "Share of rows whose mask is emptied, for unconditional sampling; 0 as published (0.3 before January 2024).")
      .range(0, 1);
  options
      .add("preview", preview,
           "Steps of ddim for the picture that the log gets after each epoch, made for the mask of the last batch's first patch; 0: "
           "no picture. As published, all steps of the process are taken, which on a CPU is as long as many iterations.")
      .range(0)
      .no_effect();
  options.preset("smoke", "a few steps, for tests", {{"max_iterations", "60"}, {"batch_size", "2"}});
  options.preset("reference", "what the published code does", {{"range", "patch"}, {"pseudo_norm", "batch"}, {"pseudo_range", "signed"}, {"loss", "l1"}});
}

Trainer::Trainer(Settings settings, plexus::Model& model, const DataInfo& info)
    : settings_(std::move(settings)), model_(diffusion_model(model)), learning_(settings_.learning) {
  if (info.dimensions != 2)
    throw Error(ErrorKind::configuration, "AdaptDiff trains on planes, the data set gives volumes", kTrainer,
                "ask the data set for slices (view: slices)");
}

std::vector<Phase> Trainer::phases() const {
  Draws draws{.subset = settings_.subset, .count = settings_.batch_size, .drop_last = false};
  if (settings_.range != "signed") draws.transforms.push_back(std::make_shared<ToSignedRange>(settings_.range));
  return {learning_.phase({{.name = "train", .parts = {draws}}})};
}

std::vector<Optimizer> Trainer::start(const Phase&, Context&) {
  if (model_.segmenter() != nullptr && !model_.segmenter_filled())
    throw Error(ErrorKind::configuration, "the network 'segmentation', which labels patches, has no weights", kTrainer,
                "give the stage `load: {segmentation: STAGE}` or a file, or the model `pseudo_labels: data`");
  return {learning_.optimizer("diffusion", model_.unet().parameters())};
}

at::Tensor Trainer::masks(const Batch& batch, const at::Tensor& x0) {
  if (model_.segmenter() == nullptr) {
    const auto& label = batch["label"];
    const auto wanted = model_.settings().mask_label;
    return (wanted > 0 ? label.eq(wanted) : label.ne(0)).to(x0.scalar_type()).unsqueeze(1);
  }
  const at::NoGradGuard no_grad;
  const NormScope scope(*model_.segmenter(), settings_.pseudo_norm == "batch" ? NormBy::batch : NormBy::mode);
  return vessel_map(model_.segmenter()->forward(settings_.pseudo_range == "unit" ? (x0 + 1) / 2 : x0).logits);
}

at::Tensor Trainer::difference(const at::Tensor& noise, const at::Tensor& predicted) const {
  return settings_.loss == "l1" ? at::l1_loss(predicted, noise) : at::mse_loss(predicted, noise);
}

Losses Trainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto x0 = one_channel(batch["image"]);
  const auto multiple = std::max(model_.unet().settings().multiple(), model_.segmenter() ? model_.segmenter()->settings().multiple() : 1);
  if (x0.size(2) % multiple != 0 || x0.size(3) % multiple != 0)
    throw Error(ErrorKind::data,
                "patches of " + std::to_string(x0.size(2)) + " x " + std::to_string(x0.size(3)) +
                    " pixels; sides must be multiples of " + std::to_string(multiple),
                kTrainer, "choose another patch size, or fewer widths");
  const auto ids = batch.ids();
  const auto t = context.draw("t", ids, {}, Distribution::integer(0, model_.process().steps()));
  const auto noise = context.draw("eps", ids, x0.sizes().slice(1)).to(x0.scalar_type());
  auto mask = masks(batch, x0);
  const auto share = mask.mean();
  if (settings_.preview > 0) previewed_ = mask.slice(0, 0, 1);
  if (settings_.drop_condition > 0) {
    const auto kept = context.draw("drop", ids, {}, Distribution::uniform()).ge(settings_.drop_condition);
    mask = mask * kept.view({-1, 1, 1, 1});
  }
  const auto predicted = model_.unet().forward(model_.process().noised(x0, t, noise), t, mask);
  const auto loss = difference(noise, predicted);
  context.minimise("diffusion", loss);
  return {{"loss", loss.detach()}, {"pseudo_label_mean", share}};
}

void Trainer::end_epoch(std::int64_t epoch, Context& context) {
  learning_.end_epoch(epoch);
  if (!previewed_.defined()) return;
  const at::NoGradGuard no_grad;
  const NormScope scope(model_.unet(), NormBy::image);
  MaskedRows denoiser(model_.unet(), previewed_, true);
  const auto begin = context.draw("preview", {"preview"}, previewed_.sizes().slice(1));
  const auto x = sampled(model_.process(), [&](const at::Tensor& x, const at::Tensor& t) { return denoiser(x, t); }, begin,
                         {.sampler = "ddim", .sampling_steps = settings_.preview}, [](std::int64_t) { return at::Tensor(); });
  const auto mask = (previewed_[0][0] * 255).to(at::kByte).cpu();
  context.picture("preview", at::cat({mask, result_8_bit(unit_plane(x[0].cpu()))}, 1));
}

std::optional<Score> Trainer::validate(Validation& validation, Context& context) {
  double sum = 0;
  std::int64_t count = 0;
  const auto multiple = std::max(model_.unet().settings().multiple(), model_.segmenter() ? model_.segmenter()->settings().multiple() : 1);
  validation.each("val", [&](const Batch& whole) {
    Batch batch;
    batch.of = whole.of;
    for (const auto& [field, tensor] : whole.fields) {
      const bool deep = field.starts_with("image") ? tensor.dim() == 5 : field.starts_with("label") && tensor.dim() == 4;
      batch.fields[field] = tensor.dim() < 3 ? tensor : cut(deep ? tensor.squeeze(-3) : tensor, multiple);
    }
    const auto ids = batch.ids();
    const auto x0 = one_channel(signed_range(batch["image"], settings_.range));
    if (x0.numel() == 0) return;
    const auto mask = masks(batch, x0);
    constexpr std::int64_t kTimes = 8;  // spread evenly over the steps
    for (std::int64_t i = 0; i < kTimes; ++i) {
      const auto step = (2 * i + 1) * model_.process().steps() / (2 * kTimes);
      const auto t = torch::full({x0.size(0)}, step, x0.options().dtype(at::kLong));
      const auto noise = context.draw("validation " + std::to_string(step), ids, x0.sizes().slice(1));
      sum += difference(noise, model_.unet().forward(model_.process().noised(x0, t, noise), t, mask)).item<double>();
      ++count;
    }
  });
  if (count == 0) return std::nullopt;
  const double loss = sum / static_cast<double>(count);
  return Score{-loss, {{"loss", loss}}};
}

std::vector<std::string> Trainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  const Batch& batch = input["train"];
  const auto x0 = one_channel(batch["image"]);
  const auto rows = x0.size(0);
  // Times and noise of their own, equal at every estimate: the statistics are those of all steps.
  std::vector<std::int64_t> times;
  auto noise = at::empty(x0.sizes(), at::kFloat);
  for (std::int64_t row = 0; row < rows; ++row) {
    Rng rng = Rng(0).fork("statistics").fork(batch.of[static_cast<std::size_t>(row)].id).fork(static_cast<std::uint64_t>(input.step()));
    times.push_back(rng.integer(0, model_.process().steps()));
    auto* values = noise[row].mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < noise[row].numel(); ++i) values[i] = static_cast<float>(rng.normal());
  }
  const auto t = torch::tensor(times, at::kLong).to(x0.device());
  model_.unet().forward(model_.process().noised(x0, t, noise.to(x0.device())), t, masks(batch, x0));
  return {"diffusion"};
}

}  // namespace plexus::adaptdiff
