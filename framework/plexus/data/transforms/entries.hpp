#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::transforms {

// One transform a file; each adds itself under its file's name.
void add_cast(Kind<Transform>& kind);
void add_center_crop(Kind<Transform>& kind);
void add_center_patch(Kind<Transform>& kind);
void add_clahe(Kind<Transform>& kind);
void add_clip(Kind<Transform>& kind);
void add_clip_percentile(Kind<Transform>& kind);
void add_crop_box(Kind<Transform>& kind);
void add_crop_foreground(Kind<Transform>& kind);
void add_crop_label(Kind<Transform>& kind);
void add_gaussian_noise(Kind<Transform>& kind);
void add_keep_components(Kind<Transform>& kind);
void add_label_map(Kind<Transform>& kind);
void add_match_histogram(Kind<Transform>& kind);
void add_min_max(Kind<Transform>& kind);
void add_n4(Kind<Transform>& kind);
void add_one_hot(Kind<Transform>& kind);
void add_pad(Kind<Transform>& kind);
void add_pollute_mask(Kind<Transform>& kind);
void add_random_affine(Kind<Transform>& kind);
void add_random_contrast(Kind<Transform>& kind);
void add_random_crop(Kind<Transform>& kind);
void add_random_flip(Kind<Transform>& kind);
void add_random_patch(Kind<Transform>& kind);
void add_random_rotate(Kind<Transform>& kind);
void add_random_rotate90(Kind<Transform>& kind);
void add_reorient(Kind<Transform>& kind);
void add_resample(Kind<Transform>& kind);
void add_resize(Kind<Transform>& kind);
void add_scale_percentile(Kind<Transform>& kind);
void add_select_channels(Kind<Transform>& kind);
void add_slices(Kind<Transform>& kind);
void add_split_4d(Kind<Transform>& kind);
void add_strong_augment(Kind<Transform>& kind);
void add_vessel_augment(Kind<Transform>& kind);
void add_window(Kind<Transform>& kind);
void add_zscore(Kind<Transform>& kind);

}  // namespace plexus::transforms
