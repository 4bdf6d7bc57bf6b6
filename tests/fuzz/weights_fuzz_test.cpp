#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/nn/pickle.hpp>
#include <plexus/nn/safetensors.hpp>
#include <plexus/train/checkpoint.hpp>

#include "fuzz/mutate.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

TensorMap some_tensors() {
  return {{"encoder.weight", torch::arange(24, at::kFloat).reshape({2, 3, 4})}, {"encoder.steps", torch::tensor(7)}};
}

TEST(WeightsFuzz, CheckpointMutants) {
  const test::TemporaryFolder folder;
  Checkpoint checkpoint;
  checkpoint.networks["unet"] = some_tensors();
  checkpoint.resolved = R"({"model": {"plugin": "x"}})";
  save_checkpoint(folder / "seed.pth", checkpoint);
  const auto seed = test::bytes_of(folder / "seed.pth");
  const auto file = folder / "mutant.pth";
  const auto refused = test::refused_mutants(seed, "checkpoint", 800, [&](const std::string& bytes) {
    test::put_bytes(file, bytes);
    read_torch_file(file);
    load_checkpoint(file);
  });
  EXPECT_GT(refused, 400);
}

TEST(WeightsFuzz, OldLayoutMutants) {
  using namespace std::string_literals;  // they hold zeros
  // What torch.save(3.5) of PyTorch before 1.6 begins with: magic, protocol, system, then the value and no storages.
  std::string seed = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  seed += "\x80\x02M\xe9\x03."s;
  seed += "\x80\x02}q\x00(X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03X\x0d\x00\x00\x00little_endianq\x02\x88u."s;
  seed += "\x80\x02}q\x00X\x01\x00\x00\x00lq\x01]q\x02(K\x01K\x02es."s;
  seed += "\x80\x02]q\x00."s;
  const test::TemporaryFolder folder;
  const auto file = folder / "mutant.pt";
  EXPECT_GT(test::refused_mutants(seed, "old", 3000,
                                  [&](const std::string& bytes) {
                                    test::put_bytes(file, bytes);
                                    read_torch_file(file);
                                  }),
            1000);
}

TEST(WeightsFuzz, SafetensorsMutants) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "seed.safetensors", some_tensors(), {{"format", "pt"}});
  const auto seed = test::bytes_of(folder / "seed.safetensors");
  const auto file = folder / "mutant.safetensors";
  EXPECT_GT(test::refused_mutants(seed, "safetensors", 2000,
                                  [&](const std::string& bytes) {
                                    test::put_bytes(file, bytes);
                                    read_safetensors(file);
                                  }),
            1000);
}

}  // namespace
}  // namespace plexus
