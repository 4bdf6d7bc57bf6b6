#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus::datasets {

// Retinal images of one set: float32 [3, H, W] in [0, 1] and vessel masks uint8 [H, W], 0 or 1 (undefined where there is none).
struct RetinaSet {
  std::vector<at::Tensor> images, masks;
  std::vector<std::string> names;  // of the files; "0", "1", … where there are none
};

// AdaptDiff's data dictionary, a pickle of {"NAME_im": [image, …], "NAME_gt": [mask, …]} (nothing in it can run), by NAME in
// the file's order. Throws Error(data).
std::vector<std::pair<std::string, RetinaSet>> read_retina_dictionary(const std::filesystem::path& path);
// The same in an H5 file, data sets "NAME_im/0", "NAME_gt/0", …
RetinaSet read_retina_h5(const std::filesystem::path& path, const std::string& name);
// FOLDER/img and FOLDER/gt, sorted and paired by position, but "NAME.tif" with "NAME_BDP.tif" where there is one.
RetinaSet read_retina_folder(const std::filesystem::path& folder);

// Stage 3's results and stage 4's input, a pickle of [(image, mask), …], or an H5 file of image/0, label/0, …: float32 [H, W];
// masks are 0 and 1, 0.5 and 1, or 0 and 255.
std::vector<std::pair<at::Tensor, at::Tensor>> read_retina_pairs(const std::filesystem::path& path);
// As stage 4 reads a mask: its largest value becomes 1, all else 0 (0.5 is background); uint8.
at::Tensor whole_mask(const at::Tensor& mask);

// A picture [C, H, W] stretched to [0, 1]; grey ones three times, of more channels the first three.
at::Tensor retina_image(const at::Tensor& picture);
// 1 where the first channel has the picture's largest value: other labels drop out.
at::Tensor retina_mask(const at::Tensor& picture);
// 8-bit grey of a picture file (luma of a coloured one), 1 where above 0.
at::Tensor binary_mask(const std::filesystem::path& path);

}  // namespace plexus::datasets
