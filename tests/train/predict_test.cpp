#include <plexus/train/predict.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/checkpoint.hpp>
#include <support/temporary_folder.hpp>
#include <support/thrown.hpp>
#include <support/toy.hpp>

namespace {

using plexus::test::TemporaryFolder;
using plexus::test::thrown;

plexus::TensorMap filled(toy::Model& model, double value) {
  auto state = plexus::state_dict(*model.segmenter);
  for (auto& [name, tensor] : state) tensor = torch::full_like(tensor, value);
  return state;
}

double weight(toy::Model& model) { return model.segmenter->first->weight.mean().item<double>(); }

TEST(Predict, InitialisationDependsOnSeedAndStage) {
  plexus::seed_initialisation(3, "a");
  toy::Model one;
  plexus::seed_initialisation(3, "a");
  toy::Model two;
  plexus::seed_initialisation(3, "b");
  toy::Model three;
  EXPECT_TRUE(torch::equal(one.segmenter->first->weight, two.segmenter->first->weight));
  EXPECT_FALSE(torch::equal(one.segmenter->first->weight, three.segmenter->first->weight));
}

TEST(Predict, ACaseComesBackWithoutItsBatchAxis) {
  toy::Model model;
  const toy::Data data;
  plexus::Rng rng;
  const auto sample = data.get(10, rng);
  plexus::HostContext context(plexus::prediction_key(1), at::kCPU);
  const auto prediction = plexus::predict_case(model, sample, context);
  EXPECT_EQ(prediction.fields.at("label").sizes(), (std::vector<std::int64_t>{8, 8}));
  EXPECT_TRUE(model.segmenter->is_training());
  const auto measured = plexus::measure_case({std::make_shared<toy::Agreement>()}, prediction, sample);
  ASSERT_EQ(measured.size(), 1u);
  EXPECT_EQ(measured[0].metric, "agreement");
}

TEST(ApplyWeights, ChoosesRawOrAnAverage) {
  toy::Model model(true, {0.9});
  plexus::Checkpoint file;
  file.networks["segmenter"] = filled(model, 1);
  file.averages["segmenter@0.9"] = filled(model, 2);
  file.averages["segmenter@0.5"] = filled(model, 3);
  plexus::apply_weights(model, file, "raw", "file");
  EXPECT_EQ(weight(model), 1);
  plexus::apply_weights(model, file, "ema", "file");
  EXPECT_EQ(weight(model), 2);  // the first that the network asks for
  plexus::apply_weights(model, file, "ema@0.5", "file");
  EXPECT_EQ(weight(model), 3);
  EXPECT_EQ(thrown([&] { plexus::apply_weights(model, file, "ema@0.7", "file"); }).kind(), plexus::ErrorKind::configuration);
}

TEST(ApplyWeights, NamesWhatAnotherMethodsFileHolds) {
  toy::Model model;
  plexus::Checkpoint file;
  file.networks["generator"] = filled(model, 1);
  const auto error = thrown([&] { plexus::apply_weights(model, file, "raw", "file.pth"); });
  EXPECT_EQ(error.kind(), plexus::ErrorKind::data);
  EXPECT_NE(std::string(error.what()).find("generator"), std::string::npos);
}

TEST(LoadWeights, ReadsOursAndAPlainStateDict) {
  TemporaryFolder folder;
  toy::Model model;
  plexus::Checkpoint ours;
  ours.networks["segmenter"] = filled(model, 4);
  plexus::save_checkpoint(folder / "ours.pth", ours);
  plexus::load_weights(model, folder / "ours.pth", "raw");
  EXPECT_EQ(weight(model), 4);
  plexus::write_torch_file(folder / "theirs.pth", filled(model, 5));
  EXPECT_THROW(plexus::load_weights(model, folder / "theirs.pth", "ema"), plexus::Error);
  EXPECT_THROW(plexus::load_weights(model, folder / "nothing.pth", "raw"), plexus::Error);
}

}  // namespace
