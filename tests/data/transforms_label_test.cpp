#include <torch/torch.h>

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include <plexus/data/geometry.hpp>

#include "support/expect_error.hpp"
#include "support/oblique_volume.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::applied;
using test::applied_all;
using test::list;
using test::made;
using test::text;

Node ids(std::vector<std::pair<std::string, Node>> pairs) { return Node::map(std::move(pairs)); }

Sample labelled(const at::Tensor& label) {
  Sample sample;
  sample.id = sample.case_id = "case";
  sample.geometry = test::oblique_geometry();
  sample.fields["label"] = label;
  sample.fields["image"] = label.to(at::kFloat).unsqueeze(0);
  return sample;
}

TEST(LabelSteps, MapGoesThereAndBack) {
  const auto label = torch::tensor({0, 500, 600, 205, 0, 600}, at::kShort).view({1, 2, 3});
  const auto map = made("label_map", {{"ids", ids({{"500", text("1")}, {"205", text("2")}, {"600", text("1")}})}});
  const auto out = applied(*map, labelled(label)).fields.at("label");
  EXPECT_TRUE(torch::equal(out.flatten(), torch::tensor({0, 1, 1, 2, 0, 1}, at::kByte)));
  // Of the two that became 1, the first listed comes back; what no step made is left.
  EXPECT_TRUE(
      torch::equal(map->restore_label(torch::tensor({0, 1, 2, 3}, at::kLong)), torch::tensor({0, 500, 205, 3}, at::kLong)));
  EXPECT_TRUE(torch::equal(map->restore_label(torch::tensor({0, 1, 2}, at::kByte)), torch::tensor({0, 500, 205}, at::kLong)));
}

TEST(LabelSteps, MapDealsWithOtherIds) {
  const auto label = torch::tensor({0, 7, 3}, at::kInt).view({1, 3});
  const Node only{ids({{"7", text("1")}})};
  test::expect_error(ErrorKind::data, {"case", "id 3", "others"}, [&] {
    applied(*made("label_map", {{"ids", only}}), labelled(label));
  });
  auto out = applied(*made("label_map", {{"ids", only}, {"others", text("zero")}}), labelled(label)).fields["label"];
  EXPECT_TRUE(torch::equal(out.flatten().to(at::kInt), torch::tensor({0, 1, 0}, at::kInt)));
  out = applied(*made("label_map", {{"ids", only}, {"others", text("keep")}}), labelled(label)).fields["label"];
  EXPECT_TRUE(torch::equal(out.flatten().to(at::kInt), torch::tensor({0, 1, 3}, at::kInt)));
  // An id that became background is background when it comes back.
  const auto joined = made("label_map", {{"ids", ids({{"3", text("0")}, {"7", text("1")}})}});
  EXPECT_TRUE(torch::equal(joined->restore_label(torch::tensor({0, 1}, at::kLong)), torch::tensor({0, 7}, at::kLong)));
  // Exchanged ids do not run into each other.
  out = applied(*made("label_map", {{"ids", ids({{"3", text("7")}, {"7", text("3")}})}}), labelled(label)).fields["label"];
  EXPECT_TRUE(torch::equal(out.flatten().to(at::kInt), torch::tensor({0, 3, 7}, at::kInt)));
  for (const auto& wrong : {ids({{"a", text("1")}}), ids({{"1", text("b")}}), ids({}), ids({{"1", list({"2"})}})})
    EXPECT_THROW(made("label_map", {{"ids", wrong}}), Error);
}

TEST(LabelSteps, OneHot) {
  const auto label = torch::tensor({0, 2, 1, 2}, at::kByte).view({2, 2});
  const auto out = applied(*made("one_hot", {{"classes", text("3")}}), labelled(label));
  const auto planes = out.fields.at("one_hot");
  EXPECT_EQ(planes.sizes(), (at::IntArrayRef{3, 2, 2}));
  EXPECT_TRUE(torch::equal(planes.argmax(0).to(at::kByte), label));
  EXPECT_TRUE(planes.sum(0).eq(1).all().item<bool>());
  EXPECT_TRUE(torch::equal(out.fields.at("label"), label));
  test::expect_error(ErrorKind::data, {"case", "id 2"}, [&] {
    applied(*made("one_hot", {{"classes", text("2")}}), labelled(label));
  });
}

TEST(LabelSteps, KeepsComponents) {
  const auto label = torch::tensor({1, 1, 0, 2, 2, 0, 1, 0, 2, 0, 1, 1, 1, 0, 2}, at::kByte).view({1, 15});
  const auto expect = [&](test::Options options, std::vector<std::int64_t> values) {
    const auto out = applied(*made("keep_components", std::move(options)), labelled(label)).fields["label"];
    EXPECT_TRUE(torch::equal(out.flatten().to(at::kLong), torch::tensor(values)));
    EXPECT_EQ(out.scalar_type(), at::kByte);
  };
  expect({}, {0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0});
  expect({{"largest", text("2")}}, {1, 1, 0, 2, 2, 0, 0, 0, 2, 0, 1, 1, 1, 0, 0});
  expect({{"largest", text("0")}, {"at_least", text("2")}}, {1, 1, 0, 2, 2, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0});
  expect({{"ids", list({"2"})}}, {1, 1, 0, 2, 2, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0});
  const auto corners = torch::tensor({1, 0, 0, 1}, at::kByte).view({2, 2});
  EXPECT_EQ(applied(*made("keep_components"), labelled(corners)).fields["label"].sum().item<int>(), 2);
  EXPECT_EQ(
      applied(*made("keep_components", {{"touching", text("faces")}}), labelled(corners)).fields["label"].sum().item<int>(), 1);
}

TEST(SplittingSteps, VolumesOfASeries) {
  Sample series = labelled(test::numbered_volume().to(at::kByte));
  series.fields["image"] = torch::stack({test::numbered_volume(), test::numbered_volume() + 1, test::numbered_volume() * 2});
  const auto all = applied_all(*made("split_4d"), series);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].id, "case_0002");
  EXPECT_EQ(all[2].case_id, "case");
  EXPECT_TRUE(torch::equal(all[2].fields.at("image")[0], test::numbered_volume() * 2));
  EXPECT_TRUE(torch::equal(all[1].fields.at("label"), series.fields["label"]));
  EXPECT_EQ(applied_all(*made("split_4d"), labelled(series.fields["label"])).front().id, "case");
  test::expect_error(ErrorKind::configuration, {"split_4d", "several samples"}, [&] { applied(*made("split_4d"), series); });
}

TEST(SplittingSteps, PlanesLieWhereTheyWere) {
  const Sample volume = labelled(test::numbered_volume().to(at::kByte));
  for (const std::string axis : {"x", "y", "z"}) {
    const auto all = applied_all(*made("slices", {{"axis", text(axis)}}), volume);
    ASSERT_EQ(all.size(), axis == "x" ? 7U : axis == "y" ? 6U : 5U);
    for (const Sample& plane : all) {
      const auto image = plane.fields.at("image");
      ASSERT_EQ(image.dim(), 3);
      EXPECT_EQ(plane.id, "case_slice_" + std::to_string(plane.slice));
      for (std::int64_t v = 0; v < image.size(1); ++v)
        for (std::int64_t u = 0; u < image.size(2); ++u) {
          // The voxel of the volume at the place of the pixel.
          const auto map = index_map(plane.geometry, volume.geometry);
          std::array<std::int64_t, 3> at{};
          for (std::size_t row = 0; row < 3; ++row)
            at[row] = std::lround(map.offset[row] + map.matrix[3 * row] * double(u) + map.matrix[3 * row + 1] * double(v));
          ASSERT_EQ(image[0][v][u].item<float>(), volume.fields.at("image")[0][at[2]][at[1]][at[0]].item<float>()) << axis;
        }
    }
  }
  Sample sparse = volume;
  sparse.fields["label"] = torch::zeros({5, 6, 7}, at::kByte);
  sparse.fields["label"][3][1][1] = 1;
  const auto some = applied_all(*made("slices", {{"labelled", text("true")}}), sparse);
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].slice, 3);
  EXPECT_EQ(applied_all(*made("slices", {{"step", text("2")}}), volume).size(), 3U);
}

}  // namespace
}  // namespace plexus
