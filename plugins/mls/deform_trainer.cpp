#include "deform_trainer.hpp"

#include <cmath>
#include <map>

#include <torch/torch.h>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/head_ct.hpp>

#include "flow.hpp"
#include "losses.hpp"

namespace plexus::mls {
namespace {

ShiftModel& own_shift_model(Model& model) {
  if (auto* own = dynamic_cast<ShiftModel*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer mls trains the model mls only", "trainer mls", "write `model: {plugin: mls}`");
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// One number of each row.
at::Tensor column(const Batch& batch, const char* field) { return batch[field].flatten(); }

}  // namespace

void DeformTrainerSettings::declare(Options& options) {
  options.add("lr", lr, "learning rate (AdamW)").range(0);
  options.add("weight_decay", weight_decay, "of AdamW; the authors' option has no effect").range(0);
  options.add("batch_size", batch_size, "slices of a step").range(1);
  options.add("epochs", epochs, "passes over all slices").range(1);
  options.add("hinge_per_sample", hinge_per_sample,
              "displacements beyond the case's shift are each slice's own; false: those of the batch's first slice stand for "
              "all, as published. Recommended");
  options.add("pin_unlabeled", pin_unlabeled,
              "slices without landmarks hold still the point (1, 1), as published; false: they have no landmark term");
  options
      .add("landmark_sampling", landmark_sampling,
           "how the field is read at a landmark: as published (for 256 x 256, up to half a pixel off), or exactly")
      .one_of({"published", "exact"});
  options
      .add("validation", validation, "validate on all labelled slices, each by its own landmarks, or, as published, on one of each case, drawn anew, by the case's shift")
      .one_of({"all", "one"});
  options.preset("reference", "what the published code does", {{"validation", "one"}});
  options.preset("recommended", "without the published code's slips", {{"hinge_per_sample", "true"}, {"landmark_sampling", "exact"}});
}

DeformTrainer::DeformTrainer(Settings settings, Model& model, const DataInfo& info)
    : settings_(std::move(settings)), model_(own_shift_model(model)) {
  if (info.dimensions != 2)
    throw Error(ErrorKind::configuration, "the model learns 2D slices, the data set gives volumes", "trainer mls");
  if (settings_.landmark_sampling == "published" && model_.settings().slices.size != 256)
    throw Error(ErrorKind::configuration, "the published landmark sampling is for slices of 256 x 256 pixels", "trainer mls",
                "set landmark_sampling: exact");
}

std::vector<Phase> DeformTrainer::phases() const {
  const Draws draws{.subset = "all",
                    .count = settings_.batch_size,
                    .drop_last = false,
                    .transforms = {std::make_shared<WindowSlice>(model_.settings().slices, true)}};
  return {{.name = "train", .epochs = settings_.epochs, .streams = {{"train", {draws}}}}};
}

std::vector<Optimizer> DeformTrainer::start(const Phase&, Context&) {
  auto adam = std::make_shared<torch::optim::AdamW>(
      model_.deformation().parameters(), torch::optim::AdamWOptions(settings_.lr).weight_decay(settings_.weight_decay));
  return {{.name = "deformation", .of = adam}};
}

DeformTrainer::Guide DeformTrainer::guide(const Batch& batch, Context& context) const {
  const auto& slice = batch["image"];
  const auto ids = batch.ids();
  if (batch.has("counterpart")) {
    const auto& counterparts = batch["counterpart"];  // [B, copies, H, W]
    const auto copy = context.draw("copy", ids, {}, Distribution::integer(0, counterparts.size(1)));
    const auto row = at::arange(slice.size(0), copy.options());
    const auto chosen = [&](const at::Tensor& all) { return all.index({row, copy}).unsqueeze(1).to(slice.scalar_type()); };
    return {chosen(counterparts), chosen(batch["difference"])};
  }
  const auto& guidance = model_.guidance();
  const auto t = context.draw("timestep", ids, {}, Distribution::integer(0, model_.settings().noised ? guidance.steps() : 1));
  // As published, one noise serves both.
  const auto noise = context.draw("noise", ids, slice.sizes().slice(1)).to(slice.scalar_type());
  return {guidance.counterpart(slice, noise), guidance.difference(slice, t, noise)};
}

Losses DeformTrainer::terms(const Batch& batch, const at::Tensor& counterpart, const at::Tensor& field, std::int64_t epoch) const {
  const auto& slice = batch["image"];
  const auto mse = similarity(slice, warp(counterpart, field), batch["mask"]);
  const auto smooth = roughness(field);
  auto deformation = landmark_error(field, batch["landmarks"], landmark_sampling(settings_.landmark_sampling));
  if (!settings_.pin_unlabeled) deformation = deformation * column(batch, "known");
  const auto hinge = excess(field, column(batch, "shift"), settings_.hinge_per_sample);
  const auto loss = mse * (1 + static_cast<double>(epoch) / 20) + smooth + deformation + hinge;
  return {{"loss_mse", mse}, {"loss_smooth", smooth}, {"loss_deformation", deformation}, {"loss_hinge", hinge}, {"loss", loss}};
}

Losses DeformTrainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto [counterpart, difference] = guide(batch, context);
  const auto field = model_.field(batch["image"], difference);
  auto losses = terms(batch, counterpart, field, input.epoch());
  context.minimise("deformation", losses.back().second.mean());
  for (auto& [name, value] : losses) value = value.detach().mean();
  return losses;
}

namespace {

struct TrueShift {
  double pixels, mm;  // mm: NaN where sizes are not known
};

// A slice's own shift: a case's is that of its worst slice. landmarks [4, 2] (x, y).
TrueShift own_shift(const at::Tensor& landmarks, const PixelSize& size) {
  const auto apart = (landmarks[2] - landmarks[3]).to(at::kDouble);
  const double x = apart[0].item<double>(), y = apart[1].item<double>();
  return {std::hypot(x, y), size.known() ? std::hypot(x * size.column, y * size.row) : std::nan("")};
}

}  // namespace

std::optional<Score> DeformTrainer::validate(Validation& validation, Context& context) {
  ++validations_;
  std::map<std::string, std::int64_t> slices, seen;  // of a case
  if (settings_.validation == "one")
    validation.each("val", [&](const Batch& batch) { ++slices[batch.of.front().case_id]; });
  const auto chosen = [&](const Batch& batch) {
    if (settings_.validation == "all") return true;
    const auto& id = batch.of.front().case_id;
    const auto draw = context.draw(fmt::format("slice/{}", validations_), {id}, {}, Distribution::integer(0, slices.at(id)));
    return seen[id]++ == draw.item<std::int64_t>();
  };
  std::vector<double> pixels, mm;
  const auto& window = model_.settings().slices.window;
  validation.each("val", [&](const Batch& batch) {
    if (!chosen(batch)) return;
    const auto slice = windowed(batch["image"], window[0], window[1]);
    const auto noise = context.draw("noise", batch.ids(), slice.sizes().slice(1));
    const PixelSize size{batch["spacing"][0][1].item<double>(), batch["spacing"][0][0].item<double>()};
    const auto head = head_mask(slice[0].cpu()).unsqueeze(0).to(slice.device());
    const auto found = model_.shifts(model_.predicted_field(slice, noise), head, size);
    const auto truth = settings_.validation == "all" ? own_shift(batch["landmarks"][0].cpu(), size)
                                                     : TrueShift{column(batch, "shift").item<double>(), column(batch, "shift_mm").item<double>()};
    pixels.push_back(std::abs(found.pixels.item<double>() - truth.pixels));
    mm.push_back(std::abs(found.mm.item<double>() - truth.mm));
  });
  if (pixels.empty()) return std::nullopt;
  const double in_pixels = mean_of(pixels), in_mm = mean_of(mm);
  return Score{std::isnan(in_mm) ? -in_pixels : -in_mm, {{"error_pixels", in_pixels}, {"error_mm", in_mm}}};
}

}  // namespace plexus::mls
