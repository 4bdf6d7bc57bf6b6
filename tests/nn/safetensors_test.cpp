#include <plexus/nn/safetensors.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

std::string with_header(const std::string& header, std::size_t data) {
  std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + std::string(data, '\0');
}

bool reads(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    read_safetensors(path);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(error.where(), path.string());
  }
  return false;
}

TEST(Safetensors, ReadsThePythonPackagesFile) {
  const auto path = std::filesystem::path(PLEXUS_SOURCE_DIR) / "tests/nn/files/python.safetensors";
  EXPECT_TRUE(is_safetensors(path));
  const auto file = read_safetensors(path);
  EXPECT_EQ(file.metadata.at("format"), "pt");
  std::map<std::string, at::Tensor> tensors(file.tensors.begin(), file.tensors.end());
  EXPECT_TRUE(at::equal(tensors.at("weight"), torch::arange(6, torch::kFloat).view({2, 3})));
  EXPECT_TRUE(at::equal(tensors.at("half"), torch::tensor({1, 2}).to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(tensors.at("count"), torch::tensor(5)));
  EXPECT_TRUE(at::equal(tensors.at("flags"), torch::tensor({1, 0, 1}).to(at::kBool)));
}

TEST(Safetensors, WhatItWritesItReadsBackInOrderAndAligned) {
  const test::TemporaryFolder folder;
  const TensorMap tensors{{"flags", torch::ones(3, torch::kBool)},
                          {"weight", torch::randn({2, 3}).t()},
                          {"count", torch::tensor(5)},
                          {"none", torch::empty({0, 4})},
                          {"half", torch::ones(3, torch::kBFloat16)}};
  write_safetensors(folder / "a.safetensors", tensors, {{"by", "Plexus"}});
  const auto file = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(file.metadata.at("by"), "Plexus");
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(file.tensors[i].first, tensors[i].first);
    EXPECT_EQ(file.tensors[i].second.scalar_type(), tensors[i].second.scalar_type());
    EXPECT_TRUE(at::equal(file.tensors[i].second, tensors[i].second)) << tensors[i].first;
  }
  const auto bytes = read_file(folder / "a.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(header % 8, 0U);
  EXPECT_THAT(bytes, testing::HasSubstr(R"("count":{"dtype":"I64","shape":[],"data_offsets":[0,8]})"));
  EXPECT_THROW(write_safetensors(folder / "b", {{"a", torch::ones(1)}, {"a", torch::ones(1)}}), std::logic_error);
}

TEST(Safetensors, HostileFilesAreErrors) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.safetensors";
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_TRUE(reads(path, with_header(good, 8)));
  EXPECT_TRUE(reads(path, with_header("{}", 0)));
  const auto bytes = with_header(good, 8);
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(reads(path, bytes.substr(0, length))) << length;
  EXPECT_FALSE(reads(path, bytes + "x"));
  EXPECT_FALSE(reads(path, std::string(8, '\xff') + "{}"));
  EXPECT_FALSE(reads(path, with_header("[]", 0)));
  EXPECT_FALSE(reads(path, with_header(std::string(100'000, '['), 0)));
  for (const auto* entry :
       {R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})",
        R"({"dtype":"F33","shape":[2],"data_offsets":[0,8]})", R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})",
        R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})", R"({"dtype":"F32","shape":[2],"data_offsets":[0]})",
        R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})",
        R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})", R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})",
        R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})", R"([])", R"(3)"}) {
    EXPECT_FALSE(reads(path, with_header(std::string("{\"a\":") + entry + "}", 8))) << entry;
  }
  const std::string half = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})",
                    overlap = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_FALSE(reads(path, with_header("{\"a\":" + half + ",\"b\":" + overlap + "}", 8)));
  EXPECT_FALSE(reads(path, with_header("{\"a\":" + half + "}", 8)));
  EXPECT_FALSE(reads(path, with_header(R"({"__metadata__":{"a":1}})", 0)));
  EXPECT_THROW(read_safetensors(folder / "missing"), Error);
}

}  // namespace
}  // namespace plexus
