#include <plexus/host/generation.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/nn/pickle.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

// Adds noise to the mask, and notes how many rows came at once.
class Noisy final : public Model, public Generating {
 public:
  std::vector<Network> networks() override { return {}; }
  Prediction predict(const Batch&, Context&) override { return {}; }
  void generate(const Batch& batch, Sink& sink, Context& context) override {
    sizes.push_back(batch.size());
    const auto& label = batch["label"];
    const auto noise = context.draw("noise", batch.ids(), label.sizes().slice(1));
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      Sample sample = batch.of[static_cast<std::size_t>(row)];
      sample.fields = {{"image", (label[row] + noise[row]).unsqueeze(0)},
                       {"label", label[row].to(at::kByte)},
                       {"picture", label[row].to(at::kByte) * 255},
                       {"mean", noise[row].mean()}};
      sink.write(std::move(sample));
    }
  }
  std::vector<std::int64_t> sizes;
};

class Silent final : public Model {
 public:
  std::vector<Network> networks() override { return {}; }
  Prediction predict(const Batch&, Context&) override { return {}; }
};

struct KeptSamples final : Sink {
  void write(Sample sample) override { samples.push_back(std::move(sample)); }
  std::vector<Sample> samples;
};

Sample mask(std::size_t index, std::int64_t side = 4) {
  Sample sample;
  sample.case_id = "case";
  sample.fields["label"] = torch::full({side, side}, static_cast<std::int64_t>(index % 2), at::kLong);
  return sample;
}

std::vector<std::string> mask_names(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back("mask" + std::to_string(i));
  return all;
}

std::vector<Sample> samples_of(std::int64_t batch, int jobs, std::size_t count = 7) {
  Noisy model;
  HostContext context(prediction_key(3), at::kCPU);
  KeptSamples kept;
  const GenerationInput input{model, context, "test", mask_names(count), [](std::size_t i) { return mask(i); }, batch, jobs};
  EXPECT_EQ(generate_samples(input, kept), 0);
  return std::move(kept.samples);
}

TEST(Generation, SamplesDoNotDependOnBatchesAndWorkers) {
  const auto expected = samples_of(1, 0);
  ASSERT_EQ(expected.size(), 7u);
  for (const auto& [batch, jobs] : {std::pair{1, 3}, {2, 1}, {3, 2}, {10, 4}}) {
    const auto samples = samples_of(batch, jobs);
    ASSERT_EQ(samples.size(), 7u);
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_EQ(samples[i].id, "mask" + std::to_string(i));
      EXPECT_TRUE(torch::equal(samples[i].fields.at("image"), expected[i].fields.at("image")));
    }
  }
}

TEST(Generation, OneBatchHasOneShape) {
  Noisy model;
  HostContext context(prediction_key(3), at::kCPU);
  KeptSamples kept;
  generate_samples({model, context, "test", mask_names(5), [](std::size_t i) { return mask(i, i < 3 ? 4 : 6); }, 4, 1}, kept);
  EXPECT_EQ(model.sizes, (std::vector<std::int64_t>{3, 2}));
}

TEST(Generation, AFailedSourceIsOneFailedSample) {
  Noisy model;
  HostContext context(prediction_key(3), at::kCPU);
  KeptSamples kept;
  GenerationInput input{model, context, "test", mask_names(4), [](std::size_t i) -> Sample {
                          if (i == 1) throw Error(ErrorKind::data, "is broken", "mask1.png");
                          return mask(i);
                        }, 2, 2};
  EXPECT_EQ(generate_samples(input, kept), 1);
  EXPECT_EQ(kept.samples.size(), 3u);
  input.keep_going = false;
  test::expect_error(ErrorKind::data, {"mask1.png", "is broken"}, [&] { generate_samples(input, kept); });
  Silent silent;
  const GenerationInput wrong{silent, context, "test", mask_names(1), input.source};
  test::expect_error(ErrorKind::configuration, {"makes no samples"}, [&] { generate_samples(wrong, kept); });
}

TEST(SampleFolder, GoesOnWhereItStopped) {
  const test::TemporaryFolder folder;
  const auto samples = samples_of(1, 0, 3);
  {
    SampleFolder out(folder.path(), {}, 1);
    out.write(samples[0]);
    out.write(samples[1]);
  }
  test::expect_error(ErrorKind::data, {"no list of generated samples"}, [&] { GeneratedDataset unfinished(folder.path()); });
  SampleFolder out(folder.path(), {}, 1, true);
  EXPECT_TRUE(out.has("mask1"));
  EXPECT_FALSE(out.has("mask2"));
  out.write(samples[2]);
  out.finish();
  const GeneratedDataset data(folder.path());
  Rng rng;
  ASSERT_EQ(data.subset("all").size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto read = data.get(i, rng);
    EXPECT_EQ(read.id, samples[i].id);
    EXPECT_TRUE(torch::equal(read.fields.at("image"), samples[i].fields.at("image")));
    EXPECT_EQ(read.fields.count("picture") + read.fields.count("mean"), 0u);  // not to learn from
  }
  EXPECT_NEAR(out.samples()[0].numbers.at(0).second, samples[0].fields.at("mean").item<double>(), 1e-12);
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(folder.path()) / "pictures" / "mask0.png"));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(folder.path()) / "pictures" / "mask1.png"));
  SampleFolder fresh(folder.path(), {}, 0, false);
  EXPECT_FALSE(fresh.has("mask0"));
}

TEST(SampleFolder, PairsGoOutAsPickleAndH5) {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder.path();
  const auto samples = samples_of(1, 0, 2);
  SampleFolder out(root, {});
  for (const auto& sample : samples) out.write(sample);
  out.finish();
  const GeneratedDataset data(root);
  write_pairs(root / "pairs.pickle", data, {0.5, 1});
  const auto pairs = read_pickle(read_file(root / "pairs.pickle"), "pairs");
  ASSERT_EQ(pairs.items().size(), 2u);
  EXPECT_TRUE(torch::equal(pairs.items()[1].items()[0].tensor(), samples[1].fields.at("image")[0]));
  EXPECT_TRUE(torch::equal(pairs.items()[1].items()[1].tensor(), torch::ones({4, 4})));
  EXPECT_TRUE(torch::equal(pairs.items()[0].items()[1].tensor(), torch::full({4, 4}, 0.5F)));
  write_pairs(root / "pairs.h5", data, {0, 1});
  EXPECT_TRUE(torch::equal(read_h5(root / "pairs.h5", "image/0"), samples[0].fields.at("image")[0]));
  EXPECT_TRUE(torch::equal(read_h5(root / "pairs.h5", "label/1"), torch::ones({4, 4})));
}

TEST(SampleFolder, WritesPicturesInGreyAndColour) {
  const test::TemporaryFolder folder;
  const auto path = std::filesystem::path(folder.path()) / "a.png";
  const auto colour = torch::randint(0, 256, {3, 5, 7}, at::kByte);
  write_picture(path, colour);
  EXPECT_TRUE(torch::equal(read_volume(path).data.squeeze(1), colour));
  write_picture(path, colour[0]);
  EXPECT_TRUE(torch::equal(read_volume(path).data[0][0], colour[0]));
}

TEST(Generation, CopiesHaveNamesOfTheirOwn) {
  EXPECT_EQ(copy_id("a", 0, 1), "a");
  EXPECT_EQ(copy_id("a", 2, 3), "a_2");
}

}  // namespace
}  // namespace plexus
