#pragma once
#include <filesystem>

#include <ATen/core/Tensor.h>

namespace plexus {

// PNG and JPEG through libpng and libjpeg themselves: ITK 5.2's readers of both end the process on damaged files. Damage that
// the libraries pass over with a warning is an error here too. [C, 1, H, W], C 1 or 3: uint8, int32 of 16-bit PNG. Palettes
// become colours, depths below 8 become 8. Throws Error(data): damaged, cut short, transparent, other colour spaces.
// `pixels` false: sizes and type only, the values are not set.
at::Tensor read_png(const std::filesystem::path& path, bool pixels);
at::Tensor read_jpeg(const std::filesystem::path& path, bool pixels);
// GIF of one picture, by a decoder of our own; [C, 1, H, W] uint8, C 1 where the palette is grey, else 3. Throws Error(data):
// damaged, cut short, animated, transparent pixels.
at::Tensor read_gif(const std::filesystem::path& path, bool pixels);

}  // namespace plexus
