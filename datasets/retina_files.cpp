#include "retina_files.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/luma.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/nn/pickle.hpp>


namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

at::Tensor checked_image(const at::Tensor& image, const std::string& where) {
  if (image.dim() != 3 || image.size(0) != 3) throw Error(ErrorKind::data, "an image is not [3, height, width]", where);
  return image.to(at::kFloat).contiguous();
}

at::Tensor checked_mask(const at::Tensor& mask, const at::Tensor& image, const std::string& where) {
  if (mask.sizes() != image.sizes().slice(1)) throw Error(ErrorKind::data, "a mask is not of its image's size", where);
  return (mask != 0).to(at::kByte).contiguous();
}

// [C, H, W] of a file that holds one plane.
at::Tensor picture(const fs::path& path) {
  const auto data = read_volume(path).data;
  if (data.size(1) != 1) throw Error(ErrorKind::data, "is no picture of one plane", path.string());
  return data.select(1, 0);
}

}  // namespace

at::Tensor retina_image(const at::Tensor& picture) {
  const auto unit = stretched(picture.to(at::kFloat), 0, 1);
  return (unit.size(0) < 3 ? unit.slice(0, 0, 1).expand({3, unit.size(1), unit.size(2)}) : unit.slice(0, 0, 3)).contiguous();
}

at::Tensor retina_mask(const at::Tensor& picture) { return (picture[0] == picture.max()).to(at::kByte); }

at::Tensor binary_mask(const fs::path& path) {
  const auto data = picture(path);
  if (data.size(0) < 3) return (data[0] > 0).to(at::kByte);
  return (luma_8_bit(data) > 0).to(at::kByte);
}

std::vector<std::pair<std::string, RetinaSet>> read_retina_dictionary(const fs::path& path) {
  const auto root = read_pickle(read_file(path), path.string());
  if (!root.is_dict())
    throw Error(ErrorKind::data, "holds no dictionary", path.string(), "expected {\"NAME_im\": […], \"NAME_gt\": […]}");
  std::vector<std::pair<std::string, RetinaSet>> sets;
  for (const auto& [key, images] : root.entries()) {
    if (!key.is_text() || !key.text().ends_with("_im")) continue;
    const auto name = key.text().substr(0, key.text().size() - 3);
    RetinaSet set;
    for (const auto& image : images.items()) {
      set.images.push_back(checked_image(image.tensor(), path.string() + ": " + key.text()));
      set.names.push_back(std::to_string(set.names.size()));
    }
    set.masks.resize(set.images.size());
    if (const auto* masks = root.find(name + "_gt")) {
      if (masks->items().size() != set.images.size())
        throw Error(ErrorKind::data,
                    fmt::format("'{}' has {} images and {} masks", name, set.images.size(), masks->items().size()),
                    path.string());
      for (std::size_t i = 0; i < set.masks.size(); ++i)
        set.masks[i] = checked_mask(masks->items()[i].tensor(), set.images[i], path.string() + ": " + name + "_gt");
    }
    sets.emplace_back(name, std::move(set));
  }
  if (sets.empty()) throw Error(ErrorKind::data, "holds no key NAME_im", path.string());
  return sets;
}

RetinaSet read_retina_h5(const fs::path& path, const std::string& name) {
  RetinaSet set;
  for (std::size_t i = 0; h5_has(path, fmt::format("{}_im/{}", name, i)); ++i) {
    set.images.push_back(checked_image(read_h5(path, fmt::format("{}_im/{}", name, i)), path.string()));
    const auto mask = fmt::format("{}_gt/{}", name, i);
    set.masks.push_back(h5_has(path, mask) ? checked_mask(read_h5(path, mask), set.images.back(), path.string())
                                           : at::Tensor());
    set.names.push_back(std::to_string(i));
  }
  if (set.images.empty()) throw Error(ErrorKind::data, fmt::format("holds no data set {}_im/0", name), path.string());
  return set;
}

RetinaSet read_retina_folder(const fs::path& folder) {
  const auto images = volumes_by_name(folder / "img"), masks = volumes_by_name(folder / "gt");
  if (images.empty())
    throw Error(ErrorKind::data, "holds no pictures", (folder / "img").string(), volume_formats_text());
  std::vector<fs::path> sorted;
  for (const auto& [name, file] : masks) sorted.push_back(file);
  RetinaSet set;
  for (const auto& [name, file] : images) {
    set.names.push_back(name);
    set.images.push_back(retina_image(picture(file)));
    if (masks.empty()) {
      set.masks.emplace_back();
      continue;
    }
    auto bare = name;
    std::erase(bare, ' ');
    const auto own = masks.find(bare + "_BDP");
    if (own == masks.end() && sorted.size() != images.size())
      throw Error(ErrorKind::data, fmt::format("{} pictures, but {} in gt", images.size(), sorted.size()), folder.string());
    const auto mask = own != masks.end() ? own->second : sorted[set.masks.size()];
    set.masks.push_back(retina_mask(picture(mask)));
    if (set.masks.back().sizes() != set.images.back().sizes().slice(1))
      throw Error(ErrorKind::data, "its size is not that of " + file.string(), mask.string());
  }
  return set;
}

std::vector<std::pair<at::Tensor, at::Tensor>> read_retina_pairs(const fs::path& path) {
  if (path.extension() == ".h5") {
    std::vector<std::pair<at::Tensor, at::Tensor>> pairs;
    for (std::size_t i = 0; h5_has(path, fmt::format("image/{}", i)); ++i) {
      pairs.emplace_back(read_h5(path, fmt::format("image/{}", i)).to(at::kFloat),
                         read_h5(path, fmt::format("label/{}", i)).to(at::kFloat));
      if (pairs.back().first.dim() != 2 || pairs.back().first.sizes() != pairs.back().second.sizes())
        throw Error(ErrorKind::data, "image and label of a pair are not of one shape [height, width]", path.string());
    }
    if (pairs.empty()) throw Error(ErrorKind::data, "holds no data set image/0", path.string());
    return pairs;
  }
  const auto root = read_pickle(read_file(path), path.string());
  std::vector<std::pair<at::Tensor, at::Tensor>> pairs;
  for (const auto& pair : root.items()) {
    if (pair.items().size() != 2) throw Error(ErrorKind::data, "an entry is no pair of image and mask", path.string());
    const auto image = pair.items()[0].tensor(), mask = pair.items()[1].tensor();
    if (image.dim() != 2 || image.sizes() != mask.sizes())
      throw Error(ErrorKind::data, "image and mask of a pair are not of one shape [height, width]", path.string());
    pairs.emplace_back(image.to(at::kFloat).contiguous(), mask.to(at::kFloat).contiguous());
  }
  if (pairs.empty()) throw Error(ErrorKind::data, "holds no pairs", path.string());
  return pairs;
}

at::Tensor whole_mask(const at::Tensor& mask) { return (mask >= (mask.max().item<double>() > 1 ? 255 : 1)).to(at::kByte); }

}  // namespace plexus::datasets
