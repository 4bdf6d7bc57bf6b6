#include "la_volume.hpp"

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/h5.hpp>

namespace plexus::datasets {

std::filesystem::path la_file(const std::filesystem::path& root, const std::string& id) {
  return root / "2018LA_Seg_Training Set" / id / "mri_norm2.h5";
}

ImageLabel read_la(const std::filesystem::path& file) {
  ImageLabel pair{read_h5(file, "image").to(at::kFloat), read_h5(file, "label")};
  if (pair.image.dim() != 3 || pair.image.sizes() != pair.label.sizes())
    throw Error(ErrorKind::data, "'image' and 'label' are not of one three-dimensional shape", file.string());
  return pair;
}

}  // namespace plexus::datasets
