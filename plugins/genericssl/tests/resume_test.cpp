// Training through the engine: stopped and resumed, and with other numbers of workers, it ends with the same bits.
#include <csignal>
#include <cstring>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/checkpoint.hpp>
#include <plexus/train/fit.hpp>
#include <plexus/train/predict.hpp>
#include <support/temporary_folder.hpp>
#include <support/thrown.hpp>

#include "support.hpp"
#include "trainer.hpp"

namespace plexus::genericssl {
namespace {

using plexus::test::TemporaryFolder;

// Bright boxes in volumes of 20 x 18 x 17.
class Boxes final : public Dataset {
 public:
  DataInfo info() const override { return test::data_of(2, 3); }
  std::vector<std::string> subsets() const override { return {"labeled", "unlabeled", "val"}; }
  std::vector<std::size_t> subset(const std::string& name) const override {
    if (name == "labeled") return {0, 1, 2};
    if (name == "unlabeled") return {3, 4, 5, 6};
    return {7};
  }
  Sample describe(std::size_t index) const override {
    Sample sample;
    sample.id = sample.case_id = "box" + std::to_string(index);
    return sample;
  }
  Sample get(std::size_t index, Rng&) const override {
    auto sample = describe(index);
    auto rng = Rng(5).fork(sample.id);
    const auto label = torch::zeros({20, 18, 17}, at::kByte);
    label.narrow(0, rng.integer(0, 8), 8).narrow(1, rng.integer(0, 8), 8).narrow(2, rng.integer(0, 8), 8).fill_(1);
    const auto image = torch::empty({1, 20, 18, 17});
    for (std::int64_t i = 0; i < image.numel(); ++i)
      image.data_ptr<float>()[i] = static_cast<float>(0.6 * label.data_ptr<std::uint8_t>()[i] + 0.2 * rng.uniform());
    sample.fields = {{"image", image}, {"label", label}};
    return sample;
  }
  bool deterministic() const override { return true; }
};

// Asks for a stop in the n-th step of its life.
class Stopping final : public plexus::Trainer {
 public:
  Stopping(plexus::Trainer& inner, int at) : inner_(inner), at_(at) {}
  std::vector<Phase> phases() const override { return inner_.phases(); }
  std::vector<Optimizer> start(const Phase& phase, Context& context) override { return inner_.start(phase, context); }
  Losses step(const StepInput& input, Context& context) override {
    auto losses = inner_.step(input, context);
    if (++steps_ == at_) request_stop(SIGINT);
    return losses;
  }
  std::optional<Score> validate(Validation& validation, Context& context) override {
    return inner_.validate(validation, context);
  }
  void state(Archive& archive) override { inner_.state(archive); }

 private:
  plexus::Trainer& inner_;
  int at_, steps_ = 0;
};

struct Run {
  std::string precision = "fp32";
  int jobs = 1, stop_at = 0;
  bool resume = false, channels_last = false;
};

FitResult train(const std::filesystem::path& folder, const Run& run) {
  clear_stop();
  const Boxes data;
  seed_initialisation(11, "train");
  Model model(test::tiny_model(3), data.info());
  TrainerSettings settings;
  settings.batch_size = 2;
  settings.max_epoch = 2;  // three epochs of two batches
  Trainer trainer(settings, model, data.info());
  Stopping stopping(trainer, run.stop_at);
  FitOptions options;
  options.validate_epochs = 1;
  options.precision = run.precision;
  options.channels_last = run.channels_last;
  options.cache = 16;
  const FitInput input{model, stopping, data, data.info(), {}, {}, folder, "train", 11, at::kCPU, run.jobs, run.resume, "{}"};
  if (run.stop_at == 0) return fit(input, options);
  EXPECT_EQ(plexus::test::thrown([&] { fit(input, options); }).kind(), ErrorKind::interrupted);
  clear_stop();
  return {};
}

void expect_same(const std::filesystem::path& one, const std::filesystem::path& two) {
  for (const auto* name : {"last.pth", "best.pth"}) {
    const auto first = load_checkpoint(one / "checkpoints" / name), second = load_checkpoint(two / "checkpoints" / name);
    const auto &a = first.networks.at("diffvnet"), &b = second.networks.at("diffvnet");
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto x = a[i].second.contiguous(), y = b[i].second.contiguous();
      ASSERT_EQ(x.nbytes(), y.nbytes());
      EXPECT_EQ(std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()), 0) << name << ": " << a[i].first;
    }
  }
  EXPECT_EQ(read_file(one / "metrics.csv"), read_file(two / "metrics.csv"));
}

TEST(GenericSslResume, EndsWithTheSameBits) {
  TemporaryFolder whole, broken, workers;
  const auto unbroken = train(whole.path(), {});
  EXPECT_EQ(unbroken.steps, 6);
  ASSERT_TRUE(unbroken.best);
  train(broken.path(), {.stop_at = 1});
  train(broken.path(), {.stop_at = 3, .resume = true});
  train(broken.path(), {.resume = true});
  expect_same(whole.path(), broken.path());
  train(workers.path(), {.jobs = 2});
  expect_same(whole.path(), workers.path());
}

TEST(GenericSslResume, LowerPrecisionTrainsAndResumes) {
  TemporaryFolder whole, broken;
  train(whole.path(), {.precision = "bf16", .channels_last = true});
  train(broken.path(), {.precision = "bf16", .stop_at = 3, .channels_last = true});
  train(broken.path(), {.precision = "bf16", .resume = true, .channels_last = true});
  expect_same(whole.path(), broken.path());
}

TEST(GenericSslResume, TheBestCheckpointIsReadBackFromTheAuthorsLayout) {
  TemporaryFolder folder;
  train(folder.path(), {});
  const Boxes data;
  Model model(test::tiny_model(3), data.info()), other(test::tiny_model(3), data.info());
  load_weights(model, folder / "checkpoints/best.pth", "raw");
  const auto files = original_files({{"diffvnet", state_dict(model.network())}}, model.originals());
  ASSERT_EQ(files.size(), 1U);
  write_torch_file(folder / "best_model.pth", files[0].second);
  load_weights(other, folder / "best_model.pth", "raw");
  const auto a = state_dict(model.network()), b = state_dict(other.network());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i].second, b[i].second)) << a[i].first;
}

}  // namespace
}  // namespace plexus::genericssl
