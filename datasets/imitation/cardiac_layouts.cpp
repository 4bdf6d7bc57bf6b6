// Sets of hearts, and of what a drawn heart can stand for.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>

#include "imitation/layouts.hpp"

namespace plexus::datasets::imitation {
namespace {

using Files = std::vector<std::string>;

// Drawn labels: 1 right ventricle, 2 myocardium, 3 left ventricle.
Drawn heart(const Order& order, std::int64_t index) { return draw("cardiac", order.size, order.seed, index); }

void put(const Order& order, const std::string& image_file, const at::Tensor& image, const std::string& label_file,
         const at::Tensor& label, const Geometry& geometry) {
  for (const auto& file : {image_file, label_file}) make_folder((order.target / file).parent_path());
  write_label(order.target / label_file, label, geometry);
  write_image(order.target / image_file, image, geometry);
}

Files acdc_files(std::int64_t index) {
  const auto stem = fmt::format("training/patient{0:03}/patient{0:03}_frame", index + 1);
  return {stem + "01.nii.gz", stem + "01_gt.nii.gz", stem + "12.nii.gz", stem + "12_gt.nii.gz"};
}
void write_acdc(const Order& order, std::int64_t index) {
  const auto files = acdc_files(index);
  for (std::size_t frame = 0; frame < 2; ++frame) {
    const auto drawn = heart(order, 2 * index + static_cast<std::int64_t>(frame));
    put(order, files[2 * frame], drawn.image, files[2 * frame + 1], drawn.label, drawn.geometry);
  }
}

Files mscmrseg19_files(std::int64_t index) {
  return {fmt::format("c0t2lge/patient{}_LGE.nii.gz", index + 1), fmt::format("lgegt/patient{}_LGE_manual.nii.gz", index + 1)};
}
void write_mscmrseg19(const Order& order, std::int64_t index) {
  const auto drawn = heart(order, index);
  const auto files = mscmrseg19_files(index);
  put(order, files[0], drawn.image, files[1], coded(drawn.label, {0, 600, 200, 500}), drawn.geometry);
}

Files prostate_files(std::int64_t index) {
  return {fmt::format("imagesTr/prostate_{:02}.nii.gz", index), fmt::format("labelsTr/prostate_{:02}.nii.gz", index)};
}
void write_prostate(const Order& order, std::int64_t index) {
  const auto drawn = heart(order, index);
  const auto files = prostate_files(index);
  const auto channels = at::stack({drawn.image, drawn.image.max() - drawn.image}).to(at::kFloat);
  put(order, files[0], channels, files[1], coded(drawn.label, {0, 1, 2, 2}), drawn.geometry);
}
void finish_prostate(const Order& order) {
  std::string training;
  for (std::int64_t index = 0; index < order.cases; ++index) {
    const auto files = prostate_files(index);
    training += fmt::format("{}{{\"image\": \"./{}\", \"label\": \"./{}\"}}", index > 0 ? ", " : "", files[0], files[1]);
  }
  write_file(
      order.target / "dataset.json",
      R"({"name": "PROSTATE", "modality": {"0": "T2", "1": "ADC"}, "labels": {"0": "background", "1": "PZ", "2": "TZ"}, )" +
          fmt::format("\"numTraining\": {}, \"numTest\": 0, \"training\": [{}], \"test\": []}}\n", order.cases, training));
}

std::string la_id(std::int64_t index) { return fmt::format("PHANTOM{:013}", index); }
Files la_files(std::int64_t index) { return {fmt::format("2018LA_Seg_Training Set/{}/mri_norm2.h5", la_id(index))}; }
void write_la(const Order& order, std::int64_t index) {
  const auto drawn = heart(order, index);
  const auto file = order.target / la_files(index).front();
  make_folder(file.parent_path());
  const auto image = drawn.image.to(at::kFloat);
  const auto turned = [](const at::Tensor& of) { return of.permute({2, 1, 0}).contiguous(); };
  write_h5(file,
           {{"image", turned((image - image.mean()) / image.std())}, {"label", turned((drawn.label == 3).to(at::kByte))}});
}
// A fifth of the cases, at least one, are for testing.
void finish_la(const Order& order) {
  std::string train, test;
  for (std::int64_t index = 0; index < order.cases; ++index)
    (index % 5 == 4 || index + 1 == order.cases ? test : train) += la_id(index) + "\n";
  write_file(order.target / "train.list", train);
  write_file(order.target / "test.list", test);
}

// Of mr_train_1002 the preparation takes the borders away, which is all that a small volume has.
constexpr std::int64_t kFirstHeart = 1003;
Files mmwhs_files(std::int64_t index) {
  const auto* modality = index % 2 == 0 ? "ct" : "mr";
  const auto* folder = index % 2 == 0 ? "CT" : "MR";
  return {fmt::format("{}/imagesTr/{}_train_{}_image.nii.gz", folder, modality, kFirstHeart + index / 2),
          fmt::format("{}/labelsTr/{}_train_{}_label.nii.gz", folder, modality, kFirstHeart + index / 2)};
}
void write_mmwhs(const Order& order, std::int64_t index) {
  auto drawn = heart(order, index);
  const auto files = mmwhs_files(index);
  // The right ventricle stands for two structures: its upper half is the ascending aorta.
  auto label = coded(drawn.label, {0, 420, 205, 500});
  label.slice(0, label.size(0) / 2).masked_fill_(label.slice(0, label.size(0) / 2) == 420, 820);
  put(order, files[0], drawn.image, files[1], label, drawn.geometry);
}

std::string mnms_id(std::int64_t index) { return fmt::format("A{}S{}V{}", index, index % 10, index % 7); }
Files mnms_files(std::int64_t index) {
  return {fmt::format("{0}/{0}_sa.nii.gz", mnms_id(index)), fmt::format("{0}/{0}_sa_gt.nii.gz", mnms_id(index))};
}
void write_mnms(const Order& order, std::int64_t index) {
  const auto end_diastole = heart(order, 2 * index), end_systole = heart(order, 2 * index + 1);
  const auto label = [](const Drawn& of) { return coded(of.label, {0, 3, 2, 1}); };
  const auto between = at::zeros(end_diastole.label.sizes(), at::kShort);
  const auto files = mnms_files(index);
  make_folder((order.target / files[0]).parent_path());
  write_image(order.target / files[1], at::stack({label(end_diastole), between, label(end_systole)}), end_diastole.geometry);
  write_image(order.target / files[0], at::stack({end_diastole.image, end_systole.image, end_systole.image}),
              end_diastole.geometry);
}
void finish_mnms(const Order& order) {
  std::string table = "index,External code,VendorName,Vendor,Centre,ED,ES,Age,Pathology,Sex,Height,Weight\n";
  for (std::int64_t index = 0; index < order.cases; ++index)
    table += fmt::format("{},{},Phantom,{},1,0,2,50,NOR,M,170,70\n", index, mnms_id(index), "ABCD"[index % 4]);
  write_file(order.target / "mnms_dataset_info.csv", table);
}

}  // namespace

std::vector<Layout> cardiac_layouts() {
  return {{"acdc", acdc_files, write_acdc, nullptr},
          {"mscmrseg19", mscmrseg19_files, write_mscmrseg19, nullptr},
          {"prostate", prostate_files, write_prostate, finish_prostate},
          {"la", la_files, write_la, finish_la},
          {"mmwhs", mmwhs_files, write_mmwhs, nullptr},
          {"mnms", mnms_files, write_mnms, finish_mnms}};
}

}  // namespace plexus::datasets::imitation
