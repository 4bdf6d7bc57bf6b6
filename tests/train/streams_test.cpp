#include <plexus/train/streams.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <stdexcept>
#include <support/toy.hpp>

namespace {

using plexus::PhaseStreams;

plexus::Phase phase() {
  toy::Model model;
  return toy::Trainer(model, {}).phases().front();
}

TEST(Streams, BatchesSayTheRowsOfTheirParts) {
  const toy::Data data;
  PhaseStreams streams(data, phase(), {}, plexus::Rng(1), {});
  EXPECT_EQ(streams.batches_per_epoch(), 2);
  const auto batches = streams.next();
  EXPECT_EQ(batches.at("train").parts, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(batches.at("train").size(), 4);
}

TEST(Streams, SeekFindsTheBatchAgain) {
  const toy::Data data;
  PhaseStreams streams(data, phase(), {}, plexus::Rng(1), {});
  std::vector<plexus::Batch> all;
  for (int i = 0; i < 5; ++i) all.push_back(streams.next().at("train"));
  PhaseStreams again(data, phase(), {}, plexus::Rng(1), {});
  again.seek(3);
  for (const auto i : {3u, 4u}) {
    const auto batch = again.next().at("train");
    EXPECT_EQ(batch.ids(), all[i].ids());
    EXPECT_TRUE(torch::equal(batch["image"], all[i]["image"]));
  }
}

TEST(Streams, ASecondStreamBeginsAnewWithTheFirst) {
  auto two = phase();
  two.streams.push_back({"other", {{"unlabeled", 1, plexus::Draws::Order::sequential}}});
  const toy::Data data;
  PhaseStreams streams(data, two, {}, plexus::Rng(1), {});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(streams.next().at("other").of.front().id);
  EXPECT_EQ(ids, (std::vector<std::string>{"toy4", "toy5", "toy4"}));
}

plexus::StreamBatches numbered(std::vector<std::int64_t> parts) {
  plexus::Batch batch;
  std::int64_t rows = 0;
  for (const auto count : parts) rows += count;
  batch.parts = std::move(parts);
  batch.fields = {{"image", torch::arange(rows)}};
  for (std::int64_t i = 0; i < rows; ++i) batch.of.emplace_back().id = std::to_string(i);
  plexus::StreamBatches batches;
  batches.emplace("train", std::move(batch));
  return batches;
}

TEST(SplitRows, EachPieceHasItsShareOfEveryPart) {
  const auto pieces = plexus::split_rows(numbered({2, 5}), 2);
  ASSERT_EQ(pieces.size(), 2u);
  const auto &first = pieces[0].at("train"), &second = pieces[1].at("train");
  EXPECT_TRUE(torch::equal(first["image"], torch::tensor({0, 2, 3})));
  EXPECT_EQ(first.ids(), (std::vector<std::string>{"0", "2", "3"}));
  EXPECT_EQ(first.parts, (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(torch::equal(second["image"], torch::tensor({1, 4, 5, 6})));
  EXPECT_EQ(second.parts, (std::vector<std::int64_t>{1, 3}));
}

TEST(SplitRows, RefusesMorePiecesThanRows) {
  EXPECT_THROW(plexus::split_rows(numbered({1, 5}), 2), plexus::Error);
  EXPECT_EQ(plexus::split_rows(numbered({1, 5}), 1).size(), 1u);
}

TEST(MoveBatch, ChannelsLastTouchesImagesOnly) {
  plexus::Batch batch;
  batch.fields = {
      {"image", torch::rand({2, 3, 4, 4})}, {"volume", torch::rand({2, 3, 4, 4, 4})}, {"label", torch::zeros({2, 4, 4})}};
  plexus::move_batch(batch, at::kCPU, true);
  EXPECT_TRUE(batch["image"].is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(batch["volume"].is_contiguous(at::MemoryFormat::ChannelsLast3d));
  EXPECT_TRUE(batch["label"].is_contiguous());
}

TEST(StepBatches, NamesTheStreamsThereAre) {
  const plexus::StepBatches step(numbered({1}), 3, 10, 1);
  EXPECT_EQ(step["train"].size(), 1);
  EXPECT_EQ(step.step(), 3);
  try {
    step["trains"];
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string(error.what()).find("there is train"), std::string::npos) << error.what();
  }
}

}  // namespace
