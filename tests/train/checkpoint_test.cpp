#include <plexus/train/checkpoint.hpp>

#include <cstdlib>
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

using testing::HasSubstr;

Checkpoint example(double value) {
  Checkpoint checkpoint;
  checkpoint.networks["segmenter"] = {{"weight", torch::full({2, 3}, value)}, {"count", torch::tensor(7)}};
  checkpoint.averages["segmenter@0.99"] = {{"weight", torch::full({2, 3}, value / 2)}};
  checkpoint.optimizers = PickleValue::dict({{"sgd", PickleValue::dict({{"lr", 0.1}})}});
  checkpoint.progress = PickleValue::dict({{"step", 12}});
  checkpoint.resolved = R"({"model": "diffrect"})";
  checkpoint.versions = {{"plexus", "0.1.0"}};
  return checkpoint;
}

double value_of(const Checkpoint& checkpoint) { return checkpoint.networks.at("segmenter").at(0).second[0][0].item<double>(); }

TEST(Checkpoint, RoundTrip) {
  const test::TemporaryFolder folder;
  save_checkpoint(folder / "best.pth", example(3));
  EXPECT_TRUE(is_plexus_checkpoint(folder / "best.pth"));
  const auto back = load_checkpoint(folder / "best.pth");
  EXPECT_EQ(value_of(back), 3);
  EXPECT_EQ(back.networks.at("segmenter").at(1).second.item<std::int64_t>(), 7);
  EXPECT_EQ(back.averages.at("segmenter@0.99").at(0).first, "weight");
  EXPECT_EQ(back.optimizers.at("sgd").at("lr").real(), 0.1);
  EXPECT_TRUE(back.trainer.is_none());
  EXPECT_EQ(back.progress.at("step").integer(), 12);
  EXPECT_EQ(back.resolved, R"({"model": "diffrect"})");
  EXPECT_EQ(back.versions.at("plexus"), "0.1.0");
}

TEST(Checkpoint, EveryBitFlipAndTruncationIsFound) {
  const test::TemporaryFolder folder;
  const auto path = folder / "best.pth";
  save_checkpoint(path, example(3));
  auto bytes = read_file(path);
  const auto found = [&](const std::string& content) {
    std::filesystem::remove(path);  // a new file is written many times as fast as a shortened one
    std::ofstream(path, std::ios::binary) << content;
    try {
      load_checkpoint(path);
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::data && error.where() == path.string();
    }
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    ASSERT_TRUE(found(bytes)) << "byte " << at;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
  }
  for (std::size_t length = 0; length < bytes.size(); ++length) ASSERT_TRUE(found(bytes.substr(0, length))) << length;
  EXPECT_TRUE(found(bytes + '\0'));
  EXPECT_FALSE(found(bytes));
}

TEST(Checkpoint, TheLastGoodOneIsKeptAndUsed) {
  const test::TemporaryFolder folder;
  const auto last = folder / "last.pth", previous = previous_checkpoint(last);
  EXPECT_EQ(previous.filename(), "last.previous.pth");
  save_checkpoint(last, example(1));
  EXPECT_FALSE(std::filesystem::exists(previous));
  save_checkpoint(last, example(2));
  EXPECT_EQ(value_of(load_checkpoint(last)), 2);
  EXPECT_EQ(value_of(load_checkpoint(previous)), 1);

  std::filesystem::resize_file(last, std::filesystem::file_size(last) / 2);
  EXPECT_EQ(value_of(load_checkpoint(last)), 1);
  // The damaged one must not take the place of the good one before it.
  save_checkpoint(last, example(3));
  EXPECT_EQ(value_of(load_checkpoint(last)), 3);
  EXPECT_EQ(value_of(load_checkpoint(previous)), 1);
  std::filesystem::remove(last);
  EXPECT_EQ(value_of(load_checkpoint(last)), 1);
  std::filesystem::resize_file(previous, 100);
  EXPECT_THROW(load_checkpoint(last), Error);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1) << "no temporary file stays";
}

TEST(Checkpoint, OtherFilesAreNamed) {
  const test::TemporaryFolder folder;
  write_torch_file(folder / "other.pth", PickleValue::dict({{"state_dict", PickleValue::dict({})}}));
  EXPECT_FALSE(is_plexus_checkpoint(folder / "other.pth"));
  EXPECT_FALSE(is_plexus_checkpoint(folder / "none.pth"));
  EXPECT_THAT(test::message_of([&] { load_checkpoint(folder / "other.pth"); }), HasSubstr("model import"));
  EXPECT_THAT(test::message_of([&] { load_checkpoint(folder / "none.pth"); }), HasSubstr("no such file"));
}

}  // namespace
}  // namespace plexus
