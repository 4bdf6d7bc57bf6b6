#include <plexus/data/h5.hpp>

#include <hdf5.h>
#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>

#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::expect_error;
using test::TemporaryFolder;

// Writes one data set the way the arguments say, with HDF5's own calls.
struct Layout {
  hid_t stored = H5T_IEEE_F32LE;
  std::vector<hsize_t> chunk = {};
  bool shuffle = false, deflate = false, checksum = false;
};
void write_as(const std::filesystem::path& path, const at::Tensor& doubles, const Layout& layout) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<hsize_t> size(doubles.sizes().begin(), doubles.sizes().end());
  const hid_t space = H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr),
              plan = H5Pcreate(H5P_DATASET_CREATE);
  if (!layout.chunk.empty()) H5Pset_chunk(plan, static_cast<int>(size.size()), layout.chunk.data());
  if (layout.shuffle) H5Pset_shuffle(plan);
  if (layout.deflate) H5Pset_deflate(plan, 4);
  if (layout.checksum) H5Pset_fletcher32(plan);
  const hid_t set = H5Dcreate2(file, "image", layout.stored, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  const auto values = doubles.contiguous();
  H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.const_data_ptr());
  H5Dclose(set);
  H5Pclose(plan);
  H5Sclose(space);
  H5Fclose(file);
}

TEST(H5, EveryLayoutReadsTheSame) {
  TemporaryFolder folder;
  const auto values = torch::arange(7 * 5 * 9, at::kDouble).reshape({7, 5, 9});
  // Chunks that do not divide the sizes leave parts outside.
  for (const auto& layout :
       {Layout{}, Layout{.chunk = {3, 2, 4}}, Layout{.chunk = {3, 2, 4}, .deflate = true},
        Layout{.chunk = {2, 5, 9}, .shuffle = true, .deflate = true}, Layout{.chunk = {3, 2, 4}, .shuffle = true},
        Layout{.chunk = {3, 2, 4}, .deflate = true, .checksum = true}}) {
    write_as(folder / "a.h5", values, layout);
    const auto read = read_h5(folder / "a.h5", "image");
    EXPECT_EQ(read.scalar_type(), at::kFloat);
    EXPECT_TRUE(torch::equal(read.to(at::kDouble), values));
    EXPECT_TRUE(torch::equal(read, read_h5_plain(folder / "a.h5", "image")));
  }
}

TEST(H5, EveryNumericType) {
  TemporaryFolder folder;
  const auto values = torch::arange(24, at::kDouble).reshape({4, 6});
  const std::vector<std::pair<hid_t, at::ScalarType>> types{
      {H5T_STD_U8LE, at::kByte},    {H5T_STD_I8LE, at::kChar},     {H5T_STD_I16LE, at::kShort}, {H5T_STD_U16LE, at::kInt},
      {H5T_STD_I32BE, at::kInt},    {H5T_STD_U32LE, at::kLong},    {H5T_STD_I64LE, at::kLong},  {H5T_STD_U64BE, at::kLong},
      {H5T_IEEE_F32BE, at::kFloat}, {H5T_IEEE_F64LE, at::kDouble}, {H5T_STD_U16BE, at::kInt}};
  for (const auto& [stored, expected] : types) {
    for (const auto& layout :
         {Layout{.stored = stored}, Layout{.stored = stored, .chunk = {3, 4}, .shuffle = true, .deflate = true}}) {
      write_as(folder / "t.h5", values, layout);
      const auto read = read_h5(folder / "t.h5", "image");
      EXPECT_EQ(read.scalar_type(), expected);
      EXPECT_TRUE(torch::equal(read.to(at::kDouble), values));
    }
  }
}

TEST(H5, ChunksNeverWrittenHoldTheFillValue) {
  TemporaryFolder folder;
  const hid_t file = H5Fcreate((folder / "f.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t size[1] = {10}, chunk[1] = {4};
  const hid_t space = H5Screate_simple(1, size, nullptr), plan = H5Pcreate(H5P_DATASET_CREATE);
  const int fill = 7;
  H5Pset_chunk(plan, 1, chunk);
  H5Pset_fill_value(plan, H5T_NATIVE_INT, &fill);
  const hid_t set = H5Dcreate2(file, "image", H5T_STD_I32LE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Dclose(set);
  H5Pclose(plan);
  H5Sclose(space);
  H5Fclose(file);
  EXPECT_TRUE(torch::equal(read_h5(folder / "f.h5", "image"), torch::full({10}, 7, at::kInt)));
}

TEST(H5, WrittenFilesComeBack) {
  TemporaryFolder folder;
  const auto image = torch::rand({30, 200, 100}), label = torch::randint(0, 4, {30, 200, 100}, at::kByte);
  write_h5(folder / "w.h5",
           {{"image", image}, {"label", label}, {"empty", torch::zeros({0, 3})}, {"flag", torch::ones({2}, at::kBool)}},
           {{"axes", std::string("z, y, x")}, {"spacing", std::vector<double>{1.5, 0.75, 10}}, {"source", std::string("")}});
  EXPECT_TRUE(torch::equal(read_h5(folder / "w.h5", "image"), image));
  EXPECT_TRUE(torch::equal(read_h5_plain(folder / "w.h5", "label"), label));
  EXPECT_EQ(read_h5(folder / "w.h5", "empty").sizes(), (at::IntArrayRef{0, 3}));
  EXPECT_EQ(h5_shape(folder / "w.h5", "image"), (std::vector<std::int64_t>{30, 200, 100}));
  EXPECT_EQ(h5_keys(folder / "w.h5"), (std::vector<std::string>{"empty", "flag", "image", "label"}));
  EXPECT_TRUE(h5_has(folder / "w.h5", "label"));
  EXPECT_FALSE(h5_has(folder / "w.h5", "labels"));
  const auto attributes = read_h5_attributes(folder / "w.h5");
  ASSERT_EQ(attributes.size(), 3u);
  EXPECT_EQ(attributes[0].first, "axes");
  EXPECT_EQ(std::get<std::string>(attributes[0].second), "z, y, x");
  EXPECT_EQ(std::get<std::vector<double>>(attributes[2].second), (std::vector<double>{1.5, 0.75, 10}));
}

TEST(H5, SaysWhatIsWrong) {
  TemporaryFolder folder;
  write_h5(folder / "one.h5", {{"image", torch::rand({4, 4})}});
  expect_error(ErrorKind::data, {"one.h5", "has no data set 'label'; it has 'image'"},
               [&] { read_h5(folder / "one.h5", "label"); });
  expect_error(ErrorKind::data, {"two.h5", "does not exist"}, [&] { read_h5(folder / "two.h5", "label"); });
  write_file(folder / "text.h5", "this is text");
  expect_error(ErrorKind::data, {"text.h5", "is not an HDF5 file"}, [&] { read_h5(folder / "text.h5", "image"); });
  write_h5(folder / "big.h5", {{"image", torch::rand({64, 64})}});
  const auto whole = read_file(folder / "big.h5");
  write_file(folder / "big.h5", std::string_view(whole).substr(0, whole.size() / 2));
  expect_error(ErrorKind::data, {"big.h5", "cut short or damaged", "truncated"}, [&] { read_h5(folder / "big.h5", "image"); });
}

TEST(H5, DamageIsAnErrorNotACrash) {
  TemporaryFolder folder;
  write_h5(folder / "d.h5", {{"image", torch::rand({32, 32})}, {"label", torch::zeros({32, 32}, at::kByte)}});
  const auto whole = read_file(folder / "d.h5");
  int refused = 0;
  for (std::size_t at = 8; at < whole.size(); at += 37) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    write_file(folder / "d.h5", damaged);
    try {
      read_h5(folder / "d.h5", "image");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("d.h5"), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(refused, 10);
}

TEST(H5, RealVolumesReadTheSameBothWays) {
  PLEXUS_NEEDS_SHARED("data/la/2018LA_Seg_Training Set/UPT6DX9IQY9JAZ7HJKA7/mri_norm2.h5");
  const auto image = read_h5(shared_path, "image"), label = read_h5(shared_path, "label");
  EXPECT_EQ(image.sizes(), (at::IntArrayRef{175, 132, 88}));
  EXPECT_TRUE(torch::equal(image, read_h5_plain(shared_path, "image")));
  EXPECT_TRUE(torch::equal(label, read_h5_plain(shared_path, "label")));
  EXPECT_EQ(label.sum().item<std::int64_t>(), 206418);
  EXPECT_NEAR(image.mean().item<double>(), 0.418493, 1e-5);
}

}  // namespace
}  // namespace plexus
