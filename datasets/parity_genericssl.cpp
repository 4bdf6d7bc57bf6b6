// Subjects of the parity cases on data of GenericSSL: preparation, loading, crops and augmentation.
#include <cmath>
#include <filesystem>

#include <ATen/ATen.h>

#include <plexus/data/patch.hpp>
#include <plexus/data/strong_augment.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/zoom.hpp>

#include "la_volume.hpp"
#include "lps.hpp"
#include "ssl_volumes.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

using Sizes = std::vector<std::int64_t>;

// The image as the file holds it: 16-bit whole numbers.
datasets::ImageLabel raw_pair(const Case& of) { return {of.input("image").floor().to(at::kShort), of.input("label")}; }

datasets::SslRange range_of(const std::string& task) {
  return task.starts_with("synapse") ? datasets::SslRange::abdomen
         : task.starts_with("mnms")  ? datasets::SslRange::percentiles
                                     : datasets::SslRange::whole;
}

Sample sample_of(const at::Tensor& image, const at::Tensor& label) {
  Sample sample;
  sample.fields["image"] = image.unsqueeze(0);
  if (label.defined()) sample.fields["label"] = label;
  return sample;
}

Outcome normalize(const Case& of) {
  return {{{"image", datasets::loaded_range(of.input("image"), range_of(of.config.at("task").get<std::string>()))}}, {}, {}};
}

Sample center_patch(const at::Tensor& image, const at::Tensor& label, const Sizes& size) {
  auto sample = sample_of(image, label);
  transforms::cut(sample, middle_patch(image.sizes().vec(), size), size);
  return sample;
}

Outcome center_crop(const Case& of) {
  const auto cropped = center_patch(of.input("image"), of.input("label"), of.config.at("size").get<Sizes>());
  return {{{"image", cropped.fields.at("image")[0]}, {"label", cropped.fields.at("label")}}, {}, {}};
}

Sample random_patch(const Case& of, Sizes& bound) {
  const auto size = of.config.at("size").get<Sizes>(), offsets = of.config.at("offsets").get<Sizes>();
  auto sample = sample_of(of.input("image"), of.input("label"));
  const auto room = patch_room(of.input("image").sizes().vec(), size, size.size() == 2 ? 2 : 1);
  bound = room.bound;
  Sizes start;
  for (std::size_t a = 0; a < size.size(); ++a) start.push_back(offsets[a] - room.margin[a]);
  transforms::cut(sample, start, size);
  return sample;
}

Outcome random_crop(const Case& of) {
  Sizes bound;
  const auto cropped = random_patch(of, bound);
  return {{{"image", cropped.fields.at("image").unsqueeze(0)},
           {"label", cropped.fields.at("label").unsqueeze(0).unsqueeze(0)},
           {"offset_bounds", at::tensor(bound)}},
          {},
          {}};
}

Outcome augment(const Case& of) {
  const StrongChoice choice{strong_change(of.config.at("kind").get<std::string>()), of.config.at("value").get<double>()};
  const auto changed = strongly_changed({of.input("image"), of.input("label")}, choice);
  return {{{"image", changed.image}, {"label", changed.label}}, {}, {}};
}

Outcome strong_augment(const Case& of) {
  Sizes bound;
  const auto cropped = random_patch(of, bound);
  Augmentable sample{cropped.fields.at("image")[0].contiguous(), cropped.fields.at("label")};
  const auto& picks = of.config.at("picks");
  for (std::size_t i = picks.size(); i-- > 0;)
    if (picks[i].at("apply").get<bool>())
      sample =
          strongly_changed(sample, {strong_change(picks[i].at("kind").get<std::string>()), picks[i].at("value").get<double>()});
  return {{{"image", sample.image.unsqueeze(0)}, {"label", sample.label}}, {}, {}};
}

Outcome prepare_la(const Case& of) {
  if (!of.config.contains("file"))
    return {{{"image", of.input("image").to(at::kFloat)}, {"label", of.input("label").to(at::kByte)}}, {}, {}};
  const auto pair = datasets::read_la(of.shared / of.config.at("file").get<std::string>());
  const auto normalized = datasets::loaded_range(pair.image, datasets::SslRange::whole);
  const auto cropped = center_patch(normalized, pair.label, of.config.at("patch_size").get<Sizes>());
  return {{{"image", pair.image},
           {"label", pair.label},
           {"normalized", normalized},
           {"center_crop_image", cropped.fields.at("image")[0]},
           {"center_crop_label", cropped.fields.at("label")}},
          {},
          {}};
}

Outcome pair_outcome(const datasets::ImageLabel& pair) { return {{{"image", pair.image}, {"label", pair.label}}, {}, {}}; }

Outcome prepare_synapse(const Case& of) {
  return pair_outcome(datasets::prepared_synapse(raw_pair(of), of.config.at("size").get<Sizes>()));
}

Outcome prepare_mmwhs(const Case& of) {
  return pair_outcome(
      datasets::prepared_mmwhs(of.config.at("id").get<std::string>(), raw_pair(of), of.config.at("size").get<Sizes>(), true));
}

Outcome named_outcome(const std::vector<std::pair<std::string, datasets::ImageLabel>>& made) {
  Outcome outcome;
  for (const auto& [id, pair] : made) {
    outcome.outputs[id + "_image"] = pair.image;
    outcome.outputs[id + "_label"] = pair.label;
  }
  return outcome;
}

Outcome prepare_mnms(const Case& of) {
  return named_outcome(datasets::prepared_mnms(of.config.at("id").get<std::string>(), raw_pair(of), true));
}

Outcome prepare_mnms2d(const Case& of) {
  const auto slices = datasets::prepared_mnms_slices(of.config.at("id").get<std::string>(), raw_pair(of));
  auto outcome = named_outcome(slices);
  for (const auto& [id, pair] : slices) {
    outcome.outputs["png:" + id + "_image"] = datasets::preview(pair.image, pair.image.max().item<double>());
    outcome.outputs["png:" + id + "_label"] = datasets::preview(pair.label, 3);
  }
  return outcome;
}

Outcome zoom(const Case& of) { return {{{"y", zoom_nearest(of.input("x"), of.config.at("size").get<Sizes>())}}, {}, {}}; }

Outcome reorient(const Case& of) {
  Geometry geometry;
  geometry.known = true;
  const auto direction = of.config.at("direction").get<std::vector<double>>();
  std::copy_n(direction.begin(), 9, geometry.direction.begin());
  return {{{"image", datasets::turned_to_lps({of.input("image"), {}}, geometry).image}}, {}, {}};
}

}  // namespace

void register_datasets_parity_genericssl(Subjects& subjects) {
  subjects.add("genericssl.normalize", normalize);
  subjects.add("genericssl.center_crop", center_crop);
  subjects.add("genericssl.random_crop", random_crop);
  subjects.add("genericssl.augment", augment);
  subjects.add("genericssl.strong_augment", strong_augment);
  subjects.add("genericssl.prepare_la", prepare_la);
  subjects.add("genericssl.prepare_synapse", prepare_synapse);
  subjects.add("genericssl.prepare_mmwhs", prepare_mmwhs);
  subjects.add("genericssl.prepare_mnms", prepare_mnms);
  subjects.add("genericssl.prepare_mnms2d", prepare_mnms2d);
  subjects.add("genericssl.zoom_nearest", zoom);
  subjects.add("genericssl.reorient", reorient);
}

}  // namespace plexus::parity
