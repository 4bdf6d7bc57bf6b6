#include <plexus/train/fit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <csignal>
#include <cstring>

#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/checkpoint.hpp>
#include <plexus/train/predict.hpp>
#include <support/temporary_folder.hpp>
#include <support/thrown.hpp>
#include <support/toy.hpp>

namespace {

using plexus::FitOptions;
using plexus::FitResult;
using plexus::test::TemporaryFolder;
using plexus::test::thrown;

// Asks for a stop in the n-th step, counted over the trainer's life.
class Stopping final : public plexus::Trainer {
 public:
  Stopping(toy::Trainer& inner, std::int64_t at) : inner_(inner), at_(at) {}
  std::vector<plexus::Phase> phases() const override { return inner_.phases(); }
  std::vector<plexus::Optimizer> start(const plexus::Phase& phase, plexus::Context& context) override {
    return inner_.start(phase, context);
  }
  plexus::Losses step(const plexus::StepInput& input, plexus::Context& context) override {
    auto losses = inner_.step(input, context);
    if (inner_.steps == at_) plexus::request_stop(SIGINT);
    return losses;
  }
  void end_epoch(std::int64_t epoch, plexus::Context& context) override { inner_.end_epoch(epoch, context); }
  std::vector<std::string> refresh_statistics(const plexus::StepInput& input) override {
    return inner_.refresh_statistics(input);
  }
  void state(plexus::Archive& archive) override { inner_.state(archive); }

 private:
  toy::Trainer& inner_;
  std::int64_t at_;
};

struct Case {
  toy::Settings settings;
  FitOptions options;
  int jobs = 1;
  bool with_norm = true;
  std::vector<double> averages = {};
};

struct Run {
  std::unique_ptr<toy::Model> model;
  std::unique_ptr<toy::Trainer> trainer;
  FitResult result;
};

// A process's worth of training: everything made anew, as after a restart.
Run train(const Case& given, const std::filesystem::path& folder, bool resume = false, std::int64_t stop_at = 0) {
  plexus::clear_stop();
  plexus::seed_initialisation(11, "toy");
  Run run;
  run.model = std::make_unique<toy::Model>(given.with_norm, given.averages);
  run.trainer = std::make_unique<toy::Trainer>(*run.model, given.settings);
  Stopping stopping(*run.trainer, stop_at);
  const toy::Data data;
  plexus::Trainer& trainer = stopping;
  const plexus::FitInput input{*run.model, trainer, data, data.info(), {},         {std::make_shared<toy::Agreement>()},
                               folder,     "toy",   11,   at::kCPU,    given.jobs, resume,
                               "{}"};
  if (stop_at > 0) {
    const auto error = thrown([&] { plexus::fit(input, given.options); });
    EXPECT_EQ(error.kind(), plexus::ErrorKind::interrupted);
    plexus::clear_stop();
  } else {
    run.result = plexus::fit(input, given.options);
  }
  return run;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return false;
  const auto one = a.contiguous(), two = b.contiguous();
  return std::memcmp(one.const_data_ptr(), two.const_data_ptr(), one.nbytes()) == 0;
}

void expect_same(const std::map<std::string, plexus::TensorMap>& one, const std::map<std::string, plexus::TensorMap>& two) {
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, state] : one) {
    const auto& other = two.at(name);
    ASSERT_EQ(state.size(), other.size());
    for (std::size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].first, other[i].first);
      EXPECT_TRUE(same_bits(state[i].second, other[i].second)) << name << ": " << state[i].first;
    }
  }
}

void expect_same_files(const std::filesystem::path& one, const std::filesystem::path& two) {
  for (const auto* name : {"last.pth", "best.pth"}) {
    const auto first = plexus::load_checkpoint(one / "checkpoints" / name);
    const auto second = plexus::load_checkpoint(two / "checkpoints" / name);
    expect_same(first.networks, second.networks);
    expect_same(first.averages, second.averages);
  }
  EXPECT_EQ(plexus::read_file(one / "metrics.csv"), plexus::read_file(two / "metrics.csv"));
}

FitOptions quiet() {
  FitOptions options;
  options.log_every = 4;
  options.cache = 16;
  return options;
}

// The unbroken run and one that is stopped after several steps end alike.
void expect_resumes(const Case& given, const std::vector<std::int64_t>& stops) {
  TemporaryFolder whole, broken;
  const auto unbroken = train(given, whole.path());
  auto resume = false;
  for (const auto stop : stops) {
    train(given, broken.path(), resume, stop);
    resume = true;
  }
  const auto ended = train(given, broken.path(), true);
  EXPECT_TRUE(ended.result.finished);
  EXPECT_EQ(ended.result.steps, unbroken.result.steps);
  EXPECT_EQ(ended.result.best_step, unbroken.result.best_step);
  expect_same_files(whole.path(), broken.path());
}

TEST(Fit, Learns) {
  TemporaryFolder folder;
  Case given{{}, quiet()};
  given.settings.steps = 60;
  const auto run = train(given, folder.path());
  EXPECT_TRUE(run.result.finished);
  EXPECT_EQ(run.result.steps, 60);
  ASSERT_TRUE(run.result.best);
  EXPECT_GT(run.result.best->value, 0.85);
  EXPECT_GT(run.result.seconds_per_step, 0);
  EXPECT_GT(run.result.peak_bytes, 1u << 20);
  EXPECT_EQ(run.trainer->labeled_rows, 2);
}

TEST(Fit, ResumesBitForBit) { expect_resumes({{}, quiet()}, {1, 4, 5}); }

TEST(Fit, ResumesWithTwoOptimisers) {
  Case given{{}, quiet()};
  given.settings.two_optimizers = true;
  given.settings.adam = true;
  expect_resumes(given, {5});
}

TEST(Fit, ResumesWithAveragesValidationAndStatistics) {
  Case given{{}, quiet()};
  given.options.validate_every = 3;
  given.options.batch_norm = "reestimate";
  given.options.batch_norm_batches = 3;
  given.options.ema = {0.9};
  given.options.ema_warmup = true;
  given.options.validate_weights = "ema";
  given.averages = {0.5};
  expect_resumes(given, {3, 2});
}

TEST(Fit, ResumesWithMicroBatchesAndAccumulation) {
  Case given{{}, quiet()};
  given.options.micro_batches = 2;
  given.options.accumulate = 3;
  expect_resumes(given, {7});
}

TEST(Fit, ResumesInTheSecondPhase) {
  Case given{{}, quiet()};
  given.settings.two_phases = true;
  expect_resumes(given, {12, 2});
}

TEST(Fit, ResumesWithChannelsLastAndLowPrecision) {
  for (const auto* precision : {"bf16", "fp16"}) {
    Case given{{}, quiet()};
    given.options.precision = precision;
    given.options.channels_last = true;
    expect_resumes(given, {5});
  }
}

TEST(Fit, WorkersDoNotChangeTheResult) {
  Case given{{}, quiet()};
  TemporaryFolder one, two;
  train(given, one.path());
  given.jobs = 2;
  train(given, two.path());
  expect_same_files(one.path(), two.path());
}

TEST(Fit, ValidationDoesNotChangeTraining) {
  Case given{{}, quiet()};
  given.options.batch_norm = "reestimate";
  given.options.batch_norm_batches = 2;
  TemporaryFolder seldom, often;
  train(given, seldom.path());
  given.options.validate_every = 2;
  train(given, often.path());
  expect_same(plexus::load_checkpoint(seldom / "checkpoints/last.pth").networks,
              plexus::load_checkpoint(often / "checkpoints/last.pth").networks);
}

TEST(Fit, ValidatesEveryFewEpochs) {
  Case given{{}, quiet()};
  given.settings.epochs = 5;  // of two batches
  given.options.validate_epochs = 2;
  given.options.validate_at_end = false;
  TemporaryFolder folder;
  train(given, folder.path());
  std::vector<std::string> validated;
  for (const auto& line : plexus::split(plexus::read_file(folder / "metrics.csv"), '\n'))
    if (line.find("val/score") != std::string::npos) validated.push_back(line.substr(0, line.find(',')));
  EXPECT_EQ(validated, (std::vector<std::string>{"4", "8"}));
}

TEST(Fit, PiecesOfABatchSumToTheWhole) {
  Case given{{}, quiet()};
  given.with_norm = false;
  given.settings.dropout = false;
  given.settings.two_optimizers = false;
  TemporaryFolder whole, pieces;
  train(given, whole.path());
  given.options.micro_batches = 2;
  train(given, pieces.path());
  const auto one = plexus::load_checkpoint(whole / "checkpoints/last.pth").networks.at("segmenter");
  const auto two = plexus::load_checkpoint(pieces / "checkpoints/last.pth").networks.at("segmenter");
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::allclose(one[i].second, two[i].second, 1e-4, 1e-6));
}

TEST(Fit, FinalStatisticsAreReestimated) {
  Case given{{}, quiet()};
  given.options.batch_norm = "reestimate";
  given.options.batch_norm_batches = 5;
  TemporaryFolder folder;
  const auto run = train(given, folder.path());
  EXPECT_EQ(run.model->segmenter->norm->num_batches_tracked.item<int>(), 5);
  const auto last = plexus::load_checkpoint(folder / "checkpoints/last.pth");
  for (const auto& [name, tensor] : last.networks.at("segmenter")) {
    if (name == "norm.num_batches_tracked") { EXPECT_EQ(tensor.item<int>(), 5); }
  }
  EXPECT_EQ(run.model->rectifier->norm->num_batches_tracked.item<int>(), 0);  // not trained, not refreshed
}

TEST(Fit, EpochsAreCountedByTheFirstPart) {
  Case given{{}, quiet()};
  given.settings.epochs = 3;
  TemporaryFolder folder;
  const auto run = train(given, folder.path());
  EXPECT_EQ(run.result.steps, 6);
  EXPECT_EQ(run.trainer->epochs, (std::vector<std::int64_t>{0, 1, 2}));
  given.options.iterations = 5;
  TemporaryFolder other;
  EXPECT_EQ(train(given, other.path()).result.steps, 5);
}

TEST(Fit, AFinishedRunIsNotTrainedAgain) {
  const Case given{{}, quiet()};
  TemporaryFolder folder;
  const auto first = train(given, folder.path());
  const auto again = train(given, folder.path(), true);
  EXPECT_TRUE(again.result.finished);
  EXPECT_EQ(again.trainer->steps, 0);
  EXPECT_EQ(again.result.best->value, first.result.best->value);
  EXPECT_TRUE(torch::equal(again.model->segmenter->first->weight, first.model->segmenter->first->weight));
}

TEST(Fit, BeginsAnewWhereNotAskedToResume) {
  const Case given{{}, quiet()};
  TemporaryFolder folder;
  train(given, folder.path());
  EXPECT_EQ(train(given, folder.path()).trainer->steps, 12);
}

TEST(Fit, PatienceEndsAPhase) {
  Case given{{}, quiet()};
  given.settings.lr = 0;  // never better than the first
  given.with_norm = false;
  given.options.validate_every = 2;
  given.options.patience = 2;
  TemporaryFolder folder;
  const auto run = train(given, folder.path());
  EXPECT_TRUE(run.result.finished);
  EXPECT_EQ(run.result.steps, 6);
  EXPECT_EQ(run.result.best_step, 2);
}

TEST(Fit, ALossThatIsNotFiniteIsNamed) {
  Case given{{}, quiet()};
  given.settings.poison = 5;
  given.options.checkpoint_every = 4;
  TemporaryFolder folder;
  const auto error = thrown([&] { train(given, folder.path()); });
  EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'supervised'"), testing::HasSubstr("iteration 6"),
                                           testing::HasSubstr("last.pth")));
  const auto kept = plexus::load_checkpoint(folder / "checkpoints/last.pth");
  for (const auto& [name, tensor] : kept.networks.at("segmenter")) EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
}

TEST(Fit, RefusesAnotherSeed) {
  const Case given{{}, quiet()};
  TemporaryFolder folder;
  train(given, folder.path(), false, 3);
  auto checkpoint = plexus::load_checkpoint(folder / "checkpoints/last.pth");
  plexus::PickleValue::Entries entries;
  for (const auto& [key, value] : checkpoint.progress.entries()) {
    entries.emplace_back(key, key.text() == "seed" ? plexus::PickleValue(std::int64_t{12}) : value);
  }
  checkpoint.progress = plexus::PickleValue::dict(entries);
  plexus::save_checkpoint(folder / "checkpoints/last.pth", checkpoint);
  EXPECT_EQ(thrown([&] { train(given, folder.path(), true); }).kind(), plexus::ErrorKind::configuration);
}

TEST(Fit, RefusesOptionsThatDoNotFit) {
  TemporaryFolder folder;
  Case ema{{}, quiet()};
  ema.options.validate_weights = "ema";
  EXPECT_EQ(thrown([&] { train(ema, folder.path()); }).kind(), plexus::ErrorKind::configuration);
  Case plain{{}, quiet()};
  plain.with_norm = false;
  plain.options.batch_norm = "reestimate";
  EXPECT_EQ(thrown([&] { train(plain, folder.path()); }).kind(), plexus::ErrorKind::configuration);
  Case pieces{{}, quiet()};
  pieces.options.micro_batches = 3;
  EXPECT_EQ(thrown([&] { train(pieces, folder.path()); }).kind(), plexus::ErrorKind::configuration);
  Case phases{{}, quiet()};
  phases.settings.two_phases = true;
  phases.options.iterations = 5;
  EXPECT_EQ(thrown([&] { train(phases, folder.path()); }).kind(), plexus::ErrorKind::configuration);
}

}  // namespace
