#include <plexus/data/transforms/builtin.hpp>

#include <plexus/data/transforms/entries.hpp>

namespace plexus {

void register_transforms(Kind<Transform>& kind) {
  transforms::add_center_crop(kind);
  transforms::add_clip_percentile(kind);
  transforms::add_gaussian_noise(kind);
  transforms::add_min_max(kind);
  transforms::add_random_affine(kind);
  transforms::add_random_contrast(kind);
  transforms::add_random_crop(kind);
  transforms::add_random_flip(kind);
  transforms::add_random_rotate90(kind);
  transforms::add_resize(kind);
  transforms::add_select_channels(kind);
  transforms::add_window(kind);
  transforms::add_zscore(kind);
}

}  // namespace plexus
