#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::transforms {

// One transform a file; each adds itself under its file's name.
void add_center_crop(Kind<Transform>& kind);
void add_clip_percentile(Kind<Transform>& kind);
void add_gaussian_noise(Kind<Transform>& kind);
void add_min_max(Kind<Transform>& kind);
void add_random_affine(Kind<Transform>& kind);
void add_random_contrast(Kind<Transform>& kind);
void add_random_crop(Kind<Transform>& kind);
void add_random_flip(Kind<Transform>& kind);
void add_random_rotate90(Kind<Transform>& kind);
void add_resize(Kind<Transform>& kind);
void add_select_channels(Kind<Transform>& kind);
void add_window(Kind<Transform>& kind);
void add_zscore(Kind<Transform>& kind);

}  // namespace plexus::transforms
