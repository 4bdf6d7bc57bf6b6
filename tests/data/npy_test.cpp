#include <plexus/data/npy.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <algorithm>

#include <plexus/base/file.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::expect_error;
using test::TemporaryFolder;

// The file that NumPy would write: format 1.0, header padded with blanks to a multiple of 64.
std::string npy_file(const std::string& dictionary, const std::string& data) {
  std::string text = dictionary;
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(text.size() & 0xFF);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text + data;
}
std::string dictionary(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + shape + "), }";
}
template <class T>
std::string raw(std::initializer_list<T> values, bool turned = false) {
  std::string bytes;
  for (const T value : values) {
    std::string one(reinterpret_cast<const char*>(&value), sizeof(T));
    if (turned) std::reverse(one.begin(), one.end());
    bytes += one;
  }
  return bytes;
}

TEST(Npy, EveryTypeAndOrder) {
  TemporaryFolder folder;
  const auto expected = torch::tensor({0, 1, 2, 3, 4, 5}, at::kDouble).reshape({2, 3});
  const auto reads = [&](const std::string& type, const std::string& data, at::ScalarType used, bool fortran = false) {
    write_file(folder / "a.npy", npy_file(dictionary(type, "2, 3", fortran), data));
    const auto values = read_npy(folder / "a.npy");
    EXPECT_EQ(values.scalar_type(), used) << type;
    EXPECT_TRUE(torch::equal(values.to(at::kDouble), expected)) << type << fortran;
    EXPECT_TRUE(values.is_contiguous());
  };
  reads("|u1", raw<std::uint8_t>({0, 1, 2, 3, 4, 5}), at::kByte);
  reads("|i1", raw<std::int8_t>({0, 1, 2, 3, 4, 5}), at::kChar);
  reads("<u2", raw<std::uint16_t>({0, 1, 2, 3, 4, 5}), at::kInt);
  reads(">i2", raw<std::int16_t>({0, 1, 2, 3, 4, 5}, true), at::kShort);
  reads("<u4", raw<std::uint32_t>({0, 1, 2, 3, 4, 5}), at::kLong);
  reads("<i8", raw<std::int64_t>({0, 1, 2, 3, 4, 5}), at::kLong);
  reads(">f8", raw<double>({0, 1, 2, 3, 4, 5}, true), at::kDouble);
  reads("<f4", raw<float>({0, 3, 1, 4, 2, 5}), at::kFloat, true);
  reads("<f2", raw<std::uint16_t>({0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500}), at::kFloat);
}

TEST(Npy, WhatIsNoArrayOfNumbersIsRefusedByName) {
  TemporaryFolder folder;
  const auto refused = [&](const std::string& bytes, const std::string& text) {
    write_file(folder / "b.npy", bytes);
    expect_error(ErrorKind::data, {"b.npy", text}, [&] { read_npy(folder / "b.npy"); });
  };
  refused(npy_file(dictionary("|O", "3,"), "cbuiltins\neval\n"), "Python objects");
  refused(npy_file("{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (3,), }", ""), "records");
  refused(npy_file(dictionary("<c8", "3,"), std::string(24, '\0')), "'<c8'");
  refused(npy_file(dictionary("<U4", "3,"), std::string(48, '\0')), "'<U4'");
  refused(npy_file(dictionary("<f16", "3,"), std::string(48, '\0')), "'<f16'");
  refused(npy_file(dictionary("<f4", "-3,"), ""), "axis of size '-3'");
  refused(npy_file(dictionary("<f4", "4000000000, 4000000000, 4"), ""), "overflow");
  refused(npy_file(dictionary("<f4", "1000000, 1000000"), "1234"), "cut short");
  refused(npy_file("{'descr': '<f4', 'shape': (1,)}", "1234"), "lacks 'fortran_order'");
  refused("\x93NUMPY\1", "cut short");
  refused("PK", "is not an NPY array");
  refused(std::string("\x93NUMPY\x09\0\x10\0", 10) + std::string(16, ' '), "version 9");
}

TEST(Npy, WrittenArraysComeBack) {
  TemporaryFolder folder;
  for (const auto type : {at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kFloat, at::kDouble}) {
    const auto values = torch::arange(24, type).reshape({2, 3, 4});
    write_npy(folder / "w.npy", values);
    EXPECT_TRUE(torch::equal(read_npy(folder / "w.npy"), values));
    EXPECT_EQ((read_file(folder / "w.npy").size() - values.nbytes()) % 64, 0u);
  }
}

TEST(Npz, ArraysComeBackByName) {
  TemporaryFolder folder;
  const auto image = torch::rand({5, 6, 7}), label = torch::randint(0, 9, {5, 6, 7}, at::kShort);
  write_npz(folder / "z.npz", {{"image", image}, {"label", label}, {"zeros", torch::zeros({1 << 20}, at::kByte)}});
  EXPECT_EQ(npz_keys(folder / "z.npz"), (std::vector<std::string>{"image", "label", "zeros"}));
  EXPECT_LT(std::filesystem::file_size(folder / "z.npz"), 4000u);
  std::string type;
  EXPECT_TRUE(torch::equal(read_npz(folder / "z.npz", "image", &type), image));
  EXPECT_EQ(type, "float32");
  EXPECT_TRUE(torch::equal(read_npz(folder / "z.npz", "label"), label));
  expect_error(ErrorKind::data, {"z.npz", "no array 'seg'", "'image', 'label'"}, [&] { read_npz(folder / "z.npz", "seg"); });
  EXPECT_TRUE(torch::equal(read_volume(folder / "z.npz", {.label = true}).data[0], label));
  auto damaged = read_file(folder / "z.npz");
  damaged[200] = static_cast<char>(~damaged[200]);
  write_file(folder / "z.npz", damaged);
  EXPECT_THROW(read_npz(folder / "z.npz", "image"), Error);
}

TEST(Npz, RealVolumeAndItsLabels) {
  PLEXUS_NEEDS_SHARED("data/npz/brain_t1_aseg.npz");
  const auto image = read_volume(shared_path), label = read_volume(shared_path, {.label = true});
  EXPECT_EQ(image.data.sizes(), (at::IntArrayRef{1, 160, 192, 224}));
  EXPECT_EQ(image.stored.type, "float64");
  EXPECT_NEAR(image.data.mean().item<double>(), 0.07962961462254171, 1e-12);
  EXPECT_EQ(label.data.scalar_type(), at::kInt);
  EXPECT_NEAR(label.data.to(at::kDouble).mean().item<double>(), 5.422613961356027, 1e-9);
  EXPECT_FALSE(image.geometry.known);
}

}  // namespace
}  // namespace plexus
