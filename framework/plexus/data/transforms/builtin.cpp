#include <plexus/data/transforms/builtin.hpp>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>

namespace plexus {

void register_transforms(Kind<Transform>& kind) {
  transforms::add_cast(kind);
  transforms::add_center_crop(kind);
  transforms::add_center_patch(kind);
  transforms::add_clahe(kind);
  transforms::add_clip(kind);
  transforms::add_clip_percentile(kind);
  transforms::add_crop_box(kind);
  transforms::add_crop_foreground(kind);
  transforms::add_crop_label(kind);
  transforms::add_gaussian_noise(kind);
  transforms::add_keep_components(kind);
  transforms::add_label_map(kind);
  transforms::add_match_histogram(kind);
  transforms::add_min_max(kind);
  transforms::add_n4(kind);
  transforms::add_one_hot(kind);
  transforms::add_pad(kind);
  transforms::add_pollute_mask(kind);
  transforms::add_random_affine(kind);
  transforms::add_random_contrast(kind);
  transforms::add_random_crop(kind);
  transforms::add_random_flip(kind);
  transforms::add_random_patch(kind);
  transforms::add_random_rotate(kind);
  transforms::add_random_rotate90(kind);
  transforms::add_reorient(kind);
  transforms::add_resample(kind);
  transforms::add_resize(kind);
  transforms::add_scale_percentile(kind);
  transforms::add_select_channels(kind);
  transforms::add_slices(kind);
  transforms::add_split_4d(kind);
  transforms::add_strong_augment(kind);
  transforms::add_vessel_augment(kind);
  transforms::add_window(kind);
  transforms::add_zscore(kind);
}

std::shared_ptr<const Transform> make_transform(const std::string& name, const Node& options) {
  Kind<Transform> kind;
  register_transforms(kind);
  for (const auto& entry : kind.entries()) {
    if (entry.name != name) continue;
    const auto builder = entry.start();
    builder->options().apply(options, name);
    return builder->make();
  }
  throw Error(ErrorKind::configuration, "no transform of this name", name);
}

}  // namespace plexus
