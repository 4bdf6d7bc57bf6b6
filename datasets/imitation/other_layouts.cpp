// Abdomen, head, retina and skin.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/volume.hpp>

#include "imitation/layouts.hpp"
#include <plexus/nn/pickle_numpy.hpp>

namespace plexus::datasets::imitation {
namespace {

using Files = std::vector<std::string>;

Files synapse_files(std::int64_t index) {
  return {fmt::format("imagesTr/img{:04}.nii.gz", index + 1), fmt::format("labelsTr/label{:04}.nii.gz", index + 1)};
}
void write_synapse(const Order& order, std::int64_t index) {
  const auto drawn = draw("organs", order.size, order.seed, index);
  const auto files = synapse_files(index);
  for (const auto& file : files) make_folder((order.target / file).parent_path());
  // Drawn: liver, spleen, right and left kidney, aorta, gallbladder.
  write_label(order.target / files[1], coded(drawn.label, {0, 6, 1, 2, 3, 8, 4}), drawn.geometry);
  write_image(order.target / files[0], drawn.image, drawn.geometry);
}

Drawn head(const Order& order, std::int64_t index) {
  return draw("head_ct", {order.size[0], order.size[1], std::max<std::int64_t>(order.size[2], 16)}, order.seed, index);
}
Files mls_files(std::int64_t index) { return {fmt::format("volumes/sample_{}.npy", index + 1)}; }
void write_mls(const Order& order, std::int64_t index) {
  const auto file = order.target / mls_files(index).front();
  make_folder(file.parent_path());
  write_npy(file, head(order, index).image);
}
// Every third case has no shift and no landmarks; data_train.pkl and data_eval.pkl (the last quarter, at least one).
void finish_mls(const Order& order) {
  PickleValue::Entries train, eval;
  for (std::int64_t index = 0; index < order.cases; ++index) {
    const auto drawn = head(order, index);
    const bool shifted = index % 3 != 2;
    PickleValue::Entries landmarks;
    for (const auto& [slice, points] : drawn.landmarks)
      if (shifted && slice >= 8 && slice <= order.size[2] - 6) landmarks.emplace_back(slice, points);
    const bool last = index + 1 > order.cases - std::max<std::int64_t>(order.cases / 4, 1);
    (last ? eval : train)
        .emplace_back(fmt::format("sample_{}", index + 1),
                      PickleValue::list({mls_files(index).front(), shifted ? 1 : 0, PickleValue::dict(landmarks),
                                         shifted ? drawn.shift : 0.0}));
  }
  write_file(order.target / "data_train.pkl", write_pickle(PickleValue::dict(train)));
  write_file(order.target / "data_eval.pkl", write_pickle(PickleValue::dict(eval)));
}

// Sets of AdaptDiff in one dictionary: drive (dark vessels on a bright ground), octa500 and rose (bright on dark), each of other
// eyes.
Files no_files(std::int64_t) { return {}; }
void write_nothing(const Order&, std::int64_t) {}
void finish_retina(const Order& order) {
  make_folder(order.target);
  PickleValue::Entries sets;
  std::int64_t first = 0;
  for (const std::string name : {"drive", "octa500", "rose"}) {
    PickleValue::Items images, masks;
    for (std::int64_t index = first; index < first + order.cases; ++index) {
      const auto drawn = draw("vessels", {order.size[0], order.size[1], 1}, order.seed, index, name == "drive" ? "a" : "b");
      const auto unit = stretched(drawn.image[0].to(at::kFloat), 0, 1);
      images.emplace_back(unit.expand({3, unit.size(0), unit.size(1)}).contiguous());
      masks.emplace_back(drawn.label[0].contiguous());
    }
    first += order.cases;
    sets.emplace_back(name + "_im", PickleValue::list(images));
    sets.emplace_back(name + "_gt", PickleValue::list(masks));
  }
  write_file(order.target / "retina_data.pickle", write_pickle(PickleValue::dict(sets)));
}

std::string isic_id(std::int64_t index) { return fmt::format("ISIC_{:07}", index); }
Files isic_files(std::int64_t index) {
  const auto* mode = index % 4 == 3 ? "Test" : "Training";
  return {fmt::format("ISBI2016_ISIC_Part1_{}_Data/{}.png", mode, isic_id(index)),
          fmt::format("ISBI2016_ISIC_Part1_{}_GroundTruth/{}_Segmentation.png", mode, isic_id(index))};
}
void write_isic(const Order& order, std::int64_t index) {
  const auto drawn = draw("lesions", {order.size[0], order.size[1], 1}, order.seed, index);
  const auto files = isic_files(index);
  for (const auto& file : files) make_folder((order.target / file).parent_path());
  write_label(order.target / files[1], drawn.label * 255, drawn.geometry);
  write_image(order.target / files[0], stretched(drawn.image.to(at::kFloat), 0, 255).to(at::kByte), drawn.geometry);
}
void finish_isic(const Order& order) {
  for (const std::string mode : {"Training", "Test"}) {
    std::string table = ",img,seg\n";
    for (std::int64_t index = 0; index < order.cases; ++index)
      if (const auto files = isic_files(index); files[0].find(mode) != std::string::npos)
        table += fmt::format("{},{},{}\n", index, files[0], files[1]);
    write_file(order.target / fmt::format("ISBI2016_ISIC_Part1_{}_GroundTruth.csv", mode), table);
  }
}

Files brats_files(std::int64_t index) {
  Files files;
  for (const char* kind : {"t1", "t1ce", "t2", "flair", "seg"})
    files.push_back(fmt::format("BraTS20_Training_{0:03}/BraTS20_Training_{0:03}_{1}.nii.gz", index + 1, kind));
  return files;
}
void write_brats(const Order& order, std::int64_t index) {
  const auto drawn = draw("organs", order.size, order.seed, index);
  const auto files = brats_files(index);
  make_folder((order.target / files[0]).parent_path());
  const auto base = (drawn.image.to(at::kInt) + 1024).clamp(0, 4000).to(at::kShort);
  // Two organs stand for the tumour's parts.
  write_label(order.target / files[4], coded(drawn.label, {0, 1, 2, 4, 4, 0, 0}), drawn.geometry);
  for (std::int64_t k = 0; k < 4; ++k)
    write_image(order.target / files[static_cast<std::size_t>(k)], base * (k + 1) / 2, drawn.geometry);
}

}  // namespace

std::vector<Layout> other_layouts() {
  return {{"synapse", synapse_files, write_synapse, nullptr},
          {"mls", mls_files, write_mls, finish_mls},
          {"retina", no_files, write_nothing, finish_retina},
          {"isic", isic_files, write_isic, finish_isic},
          {"brats", brats_files, write_brats, nullptr}};
}

}  // namespace plexus::datasets::imitation
