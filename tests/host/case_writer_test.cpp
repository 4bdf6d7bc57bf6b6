#include <plexus/host/case_writer.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/data/volume.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/train/predict.hpp>

#include "support/oblique_volume.hpp"
#include "support/temporary_folder.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::list;
using test::made;
using test::text;

// One case of two files: an L-shaped organ (id 500) with a nodule (id 600) on an oblique grid, and a scan that shows them
// with 10 and 20.
class Files final : public Dataset {
 public:
  explicit Files(std::filesystem::path folder) : folder_(std::move(folder)) {
    const auto label = torch::zeros({14, 20, 24}, at::kShort);
    label.slice(0, 3, 11).slice(1, 4, 15).slice(2, 5, 12) = 500;
    label.slice(0, 3, 6).slice(1, 4, 15).slice(2, 5, 20) = 500;
    label.slice(0, 7, 10).slice(1, 6, 10).slice(2, 7, 10) = 600;
    write_label(folder_ / "label.nii.gz", label, test::oblique_geometry());
    write_image(folder_ / "image.nii.gz", (label.eq(500) * 10 + label.eq(600) * 20).to(at::kFloat), test::oblique_geometry());
  }
  DataInfo info() const override {
    DataInfo info;
    info.labels = {{0, "background", {}}, {500, "organ", {}}, {600, "nodule", {}}};
    return info;
  }
  std::vector<std::string> subsets() const override { return {"test"}; }
  std::vector<std::size_t> subset(const std::string&) const override { return {0}; }
  Sample describe(std::size_t) const override {
    Sample sample;
    sample.id = sample.case_id = "scan";
    return sample;
  }
  Sample get(std::size_t index, Rng&) const override {
    Sample sample = describe(index);
    const Volume image = read_volume(folder_ / "image.nii.gz");
    sample.geometry = image.geometry;
    sample.header = image.header;
    sample.fields["image"] = image.data.to(at::kFloat);
    sample.fields["label"] = read_volume(folder_ / "label.nii.gz").data[0];
    return sample;
  }

 private:
  std::filesystem::path folder_;
};

// Sees classes 1 and 2 by their intensity, and says how sure it is of the first.
class ByIntensity final : public Model {
 public:
  std::vector<Network> networks() override { return {}; }
  Prediction predict(const Batch& batch, Context&) override {
    const at::Tensor image = batch["image"].select(1, 0);
    Prediction prediction;
    prediction.fields["label"] = (image / 10).round().to(at::kLong);
    prediction.fields["score"] = (image / 10).clamp(0, 1).unsqueeze(1);
    prediction.values = {{"size", image.numel()}};
    return prediction;
  }
};

struct Written {
  Volume label, score;
  Sample truth, prepared;
};
Written predicted(const Steps& steps) {
  const test::TemporaryFolder folder;
  const PreparedDataset data(std::make_unique<Files>(folder.path()), steps);
  Rng rng(0);
  Written all;
  all.prepared = data.get(0, rng);
  ByIntensity model;
  HostContext context(Rng(0), at::kCPU);
  CaseWriter writer(folder / "masks", steps);
  writer.write(all.prepared, predict_case(model, all.prepared, context));
  writer.finish();
  all.label = read_volume(folder / "masks/scan.nii.gz");
  all.score = read_volume(folder / "masks/scan_score.nii.gz");
  all.truth = Files(folder.path()).get(0, rng);
  return all;
}
double dice(const Written& all, std::int64_t id) {
  const auto a = all.label.data[0].eq(id), b = all.truth.fields.at("label").eq(id);
  return 2 * a.logical_and(b).sum().item<double>() / (a.sum().item<double>() + b.sum().item<double>());
}
Node ids() { return Node::map({{"600", text("2")}, {"500", text("1")}}); }

TEST(CaseWriter, MasksOfAPreparedScanComeBackExactlyFromCropsAndTurns) {
  const auto all = predicted({made("reorient", {{"to", text("PIR")}}), made("crop_foreground", {{"margin", text("2")}}),
                              made("pad", {{"multiple", text("16")}}), made("label_map", {{"ids", ids()}})});
  EXPECT_EQ(all.prepared.fields.at("image").sizes(), (at::IntArrayRef{1, 32, 16, 16}));
  EXPECT_EQ(all.prepared.fields.at("label").max().item<int>(), 2);
  EXPECT_TRUE(torch::equal(all.label.data[0].to(at::kShort), all.truth.fields.at("label")));
  EXPECT_LT(corner_distance(all.label.geometry, all.truth.geometry, all.label.data.sizes().slice(1)), 1e-4);
  EXPECT_TRUE(torch::equal(all.score.data[0].gt(0.5), all.truth.fields.at("label").gt(0)));
}

TEST(CaseWriter, MasksOfAResampledScanComeBackOnItsOwnGrid) {
  for (const std::string align : {"origin", "edges", "center"}) {
    const auto all =
        predicted({made("reorient", {{"to", text("SRA")}}),
                   made("resample", {{"spacing", text("0.6")}, {"image", text("nearest")}, {"align", text(align)}}),
                   made("crop_foreground"), made("label_map", {{"ids", ids()}})});
    EXPECT_EQ(all.label.data.sizes(), (at::IntArrayRef{1, 14, 20, 24}));
    EXPECT_LT(corner_distance(all.label.geometry, all.truth.geometry, all.label.data.sizes().slice(1)), 1e-4);
    // Each voxel holds one finer voxel's middle or more, so that no voxel but some at an outline may differ.
    EXPECT_GT(dice(all, 500), 0.97) << align;
    EXPECT_GT(dice(all, 600), 0.9) << align;
    EXPECT_TRUE(all.label.data.eq(0).logical_or(all.label.data.eq(500)).logical_or(all.label.data.eq(600)).all().item<bool>());
  }
}

TEST(CaseWriter, ModelsSeeConsecutiveIds) {
  const test::TemporaryFolder folder;
  const PreparedDataset mapped(std::make_unique<Files>(folder.path()), {made("label_map", {{"ids", ids()}})});
  const auto labels = mapped.info().labels;
  ASSERT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels[1].id, 1);
  EXPECT_EQ(labels[1].name, "organ");
  EXPECT_EQ(labels[2].name, "nodule");
  const PreparedDataset plain(std::make_unique<Files>(folder.path()), {made("zscore")});
  EXPECT_EQ(plain.info().labels[2].id, 600);
}

Prediction numbers(double value) {
  Prediction prediction;
  prediction.values = {{"shift_mm", value}};
  prediction.pictures["midline"] = torch::full({4, 6, 3}, 200, at::kByte);
  return prediction;
}

TEST(CaseWriter, NumbersOfEarlierCasesAreKeptAndThoseOfACaseReplaced) {
  const test::TemporaryFolder folder;
  Sample one, other;
  one.case_id = "one";
  other.case_id = "other";
  one.fields["image"] = other.fields["image"] = torch::zeros({1, 2, 2, 2});
  {
    CaseWriter writer(folder.path());
    writer.write(one, numbers(1));
    writer.write(other, numbers(2));
    writer.finish();
  }
  CaseWriter writer(folder.path());
  EXPECT_FALSE(writer.has("one"));
  writer.keep_values();
  EXPECT_TRUE(writer.has("one"));
  EXPECT_FALSE(writer.has("third"));
  writer.write(other, numbers(5));
  writer.finish();
  const auto values = CaseWriter::read_values(folder.path());
  EXPECT_EQ(values.at("one").front().second, 1);
  EXPECT_EQ(values.at("other").front().second, 5);
  EXPECT_EQ(values.at("other").size(), 1u);
}

TEST(CaseWriter, PicturesAreWrittenAsTheyAre) {
  const test::TemporaryFolder folder;
  Sample sample;
  sample.case_id = "one";
  sample.fields["image"] = torch::zeros({1, 2, 2, 2});
  auto prediction = numbers(1);
  prediction.pictures["midline"][1][2] = torch::tensor({10, 20, 30}, at::kByte);
  CaseWriter(folder.path()).write(sample, prediction);
  const auto picture = read_volume(folder / "one_midline.png").data;  // [3, 1, 4, 6]
  ASSERT_EQ(picture.sizes(), at::IntArrayRef({3, 1, 4, 6}));
  for (std::int64_t c = 0; c < 3; ++c) {
    EXPECT_EQ(picture[c][0][1][2].item<int>(), 10 * (c + 1));
    EXPECT_EQ(picture[c][0][0][0].item<int>(), 200);
  }
}

}  // namespace
}  // namespace plexus
