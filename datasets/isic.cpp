#include "isic.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/raster/resize.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

// uint8 [C, H, W].
at::Tensor byte_picture(const fs::path& path) {
  const auto data = read_volume(path).data;
  if (data.size(1) != 1) throw Error(ErrorKind::data, "is no picture of one plane", path.string());
  if (data.scalar_type() != at::kByte)
    throw Error(ErrorKind::data, "is no picture of 8 bits", path.string(), "save it as PNG or JPEG");
  return data.select(1, 0);
}

// "data/ISIC_0000003.jpg" -> "0000003".
std::string picture_id(const std::string& path) {
  const auto piece = path.substr(path.rfind('_') + 1);
  return piece.substr(0, piece.find('.'));
}

}  // namespace

PictureItem picture_item(const at::Tensor& picture, const at::Tensor& mask, std::int64_t size) {
  const auto resized = [size](const at::Tensor& of) {
    return (size == 0 ? of : raster::resize_8_bit(of.contiguous(), size, size)).to(at::kFloat) / 255;
  };
  PictureItem item;
  const auto colour =
      picture.size(0) < 3 ? picture.slice(0, 0, 1).expand({3, picture.size(1), picture.size(2)}) : picture.slice(0, 0, 3);
  item.image = resized(colour);
  if (mask.defined()) item.mask = resized(mask.slice(0, 0, 1));
  return item;
}

void Isic::Settings::declare(Options& options) {
  options.add("root", root, "folder with the two CSV files, or with images/ and masks/").required().path();
  options.add("image_size", image_size, "height and width that pictures are brought to; 0: as they are")
      .unit("pixels")
      .range(0, 8192);
  options
      .add("threshold", threshold,
           "a resized mask above it is foreground: 0 as published, which widens masks by a rim; 0.5 keeps their size")
      .range(0, 0.999);
  options.add("val", val, "pictures kept for validation, the last of the training ones").range(0);
  options.add("test", test, "the same for testing, where no list of test pictures is there").range(0);
}

void Isic::add_listed(const std::string& mode, const std::string& subset) {
  const fs::path root = settings_.root;
  for (const auto& folder : {root, root / (mode == "Training" ? "Train" : "Test")}) {
    for (const char* part : {"Part3B", "Part1"}) {
      const auto file = folder / fmt::format("ISBI2016_ISIC_{}_{}_GroundTruth.csv", part, mode);
      if (!fs::exists(file)) continue;
      const auto table = Table::parse_csv(read_file(file), file.string());
      for (const auto& row : table.rows()) {
        if (row.size() < 3) throw Error(ErrorKind::data, "has fewer than three columns: number, image, mask", file.string());
        const auto place = [&](const std::string& name) {
          return (fs::exists(folder / name) ? folder / name : root / name).string();
        };
        items_.push_back({picture_id(row[1]), place(row[1]), place(row[2]), subset});
      }
      return;
    }
  }
}

void Isic::add_folder() {
  const fs::path root = settings_.root;
  const auto images = volumes_by_name(root / "images"), masks = volumes_by_name(root / "masks");
  if (images.empty())
    throw Error(ErrorKind::data, "holds neither ISBI2016_ISIC_Part1_Training_GroundTruth.csv nor images/", root.string(),
                "set root");
  if (images.size() != masks.size())
    throw Error(ErrorKind::data, fmt::format("holds {} images and {} masks", images.size(), masks.size()), root.string());
  auto mask = masks.begin();
  for (const auto& [id, image] : images) items_.push_back({id, image.string(), (mask++)->second.string(), "labeled"});
}

Isic::Isic(const Settings& settings) : settings_(settings) {
  add_listed("Training", "labeled");
  const bool listed = !items_.empty();
  if (!listed) add_folder();
  const auto move = [this](std::int64_t count, std::size_t end, const char* subset) {
    if (count >= static_cast<std::int64_t>(end))
      throw Error(ErrorKind::configuration, fmt::format("{} pictures for {} leave none of {}", count, subset, end),
                  settings_.root);
    for (auto i = end - static_cast<std::size_t>(count); i < end; ++i) items_[i].subset = subset;
    return end - static_cast<std::size_t>(count);
  };
  auto end = items_.size();
  if (!listed) end = move(settings.test, end, "test");
  move(settings.val, end, "val");
  if (listed) add_listed("Test", "test");
  require_files(files(), "the list names it; check the option root");
}

DataInfo Isic::info() const {
  DataInfo info;
  info.channels = 3;
  info.labels = make_labels({"lesion"}, 2);
  info.dimensions = 2;
  return info;
}

std::vector<std::size_t> Isic::subset(const std::string& name) const {
  const auto names = subsets();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ErrorKind::data, fmt::format("no subset '{}'; there are {}", name, join(names, ", ")), "data");
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].subset == name) indices.push_back(i);
  return indices;
}

Sample Isic::describe(std::size_t index) const {
  Sample sample;
  sample.id = sample.case_id = items_.at(index).id;
  return sample;
}

Sample Isic::get(std::size_t index, Rng&) const {
  const auto& item = items_.at(index);
  auto sample = describe(index);
  const auto made = picture_item(byte_picture(item.image), byte_picture(item.mask), settings_.image_size);
  sample.fields["image"] = made.image;
  sample.fields["label"] = (made.mask[0] > settings_.threshold).to(at::kByte);
  return sample;
}

std::vector<std::string> Isic::files() const {
  std::vector<std::string> all;
  for (const auto& item : items_) {
    all.push_back(item.image);
    all.push_back(item.mask);
  }
  return all;
}

}  // namespace plexus::datasets
