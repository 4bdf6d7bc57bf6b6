// A plugin of the sdk level alone with an object of every kind, written for interface 1.0. The tests build it from the headers kept of
// each released version and run it in today's host, so it uses nothing that came later and is not changed.
#include <torch/torch.h>

#include <fstream>

#include <plexus/sdk/plugin.hpp>

namespace {

using plexus::Batch;
using plexus::Context;
using plexus::DataInfo;
using plexus::Options;
using plexus::Sample;

struct None {
  void declare(Options&) {}
};

// Squares on noise: six cases, each drawn from its index.
class Squares final : public plexus::Dataset {
 public:
  struct Settings {
    std::int64_t size = 16;
    double contrast = 1;
    std::vector<std::string> subsets = {"labeled", "val", "test"};
    void declare(Options& options) {
      options.add("size", size, "Height and width.").range(8, 64).unit("pixels");
      options.add("contrast", contrast, "Of the squares.").range(0);
      options.preset("faint", "hard to see", {{"contrast", "0.3"}});
      options.rule([this] { return size % 2 == 0 ? "" : "size is odd"; });
    }
  };
  explicit Squares(Settings settings) : settings_(std::move(settings)) {}
  DataInfo info() const override {
    return {.channels = 1, .labels = {{0, "background"}, {1, "square", {255, 0, 0}}}, .dimensions = 2, .notes = {"six squares"}};
  }
  std::vector<std::string> subsets() const override { return settings_.subsets; }
  std::vector<std::size_t> subset(const std::string& name) const override {
    if (name == "labeled") return {0, 1, 2, 3};
    if (name == "val") return {4};
    if (name == "test") return {5};
    throw plexus::Error(plexus::ErrorKind::data, "no subset '" + name + "'", "squares", "labeled, val and test are there");
  }
  Sample describe(std::size_t index) const override {
    Sample sample;
    sample.id = sample.case_id = "square" + std::to_string(index);
    return sample;
  }
  Sample get(std::size_t index, plexus::Rng& rng) const override {
    Sample sample = describe(index);
    auto image = torch::empty({1, settings_.size, settings_.size});
    for (std::int64_t i = 0; i < image.numel(); ++i) image.data_ptr<float>()[i] = static_cast<float>(0.1 * rng.fork(index).fork("noise").normal());
    auto label = torch::zeros({settings_.size, settings_.size}, torch::kLong);
    const auto at = static_cast<std::int64_t>(index % 4);
    label.slice(0, at, at + 5).slice(1, 2, 7).fill_(1);
    sample.fields["image"] = image + settings_.contrast * label;
    sample.fields["label"] = label;
    sample.geometry.spacing = {1, 1, 1};
    sample.geometry.known = true;
    return sample;
  }

 private:
  Settings settings_;
};

struct Net : torch::nn::Module {
  explicit Net(std::int64_t classes) : conv(register_module("conv", torch::nn::Conv2d(1, classes, 3))) {}
  at::Tensor forward(const at::Tensor& image) { return conv(torch::constant_pad_nd(image, {1, 1, 1, 1})); }
  torch::nn::Conv2d conv;
};

class Model final : public plexus::Model, public plexus::Segmenter {
 public:
  using Settings = None;
  Model(Settings, const DataInfo& info) : net_(std::make_shared<Net>(info.classes())) {}
  std::vector<plexus::Network> networks() override { return {{.name = "net", .module = net_, .averages = {0.9}}}; }
  std::vector<plexus::Original> originals() const override {
    return {{.network = "net", .containers = {"state_dict"}, .renames = {{"^layer\\.", "conv."}}}};
  }
  at::Tensor logits(const at::Tensor& image) override { return net_->forward(image.dim() == 5 ? image.squeeze(2) : image); }
  plexus::Prediction predict(const Batch& batch, Context& context) override {
    const auto noise = context.draw("jitter", batch.ids(), {1}, plexus::Distribution::uniform(0, 1e-6));
    const auto& image = batch["image"];
    auto label = logits(image + noise.view({-1, 1, 1, 1})).argmax(1);
    if (image.dim() == 5) label = label.unsqueeze(1);
    return {.fields = {{"label", label}}, .values = {{"pixels", label.sum().item<double>()}}};
  }

 private:
  std::shared_ptr<Net> net_;
};

class Trainer final : public plexus::Trainer {
 public:
  struct Settings {
    double lr = 0.5;
    std::int64_t steps = 8;
    void declare(Options& options) {
      options.add("lr", lr, "Learning rate.").range(0);
      options.add("steps", steps, "How many.").range(1).unit("iterations");
    }
  };
  Trainer(Settings settings, plexus::Model& model, const DataInfo&) : settings_(settings), model_(model) {}
  std::vector<plexus::Phase> phases() const override {
    return {{.name = "all", .steps = settings_.steps, .streams = {{.name = "train", .parts = {{.subset = "labeled", .count = 2}}}}}};
  }
  std::vector<plexus::Optimizer> start(const plexus::Phase&, Context&) override {
    auto sgd = std::make_shared<torch::optim::SGD>(model_.networks()[0].module->parameters(), settings_.lr);
    return {{.name = "sgd", .of = sgd, .schedule = [](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); }, .clip = 10}};
  }
  plexus::Losses step(const plexus::StepInput& input, Context& context) override {
    const Batch& batch = input["train"];
    const auto logits = dynamic_cast<plexus::Segmenter&>(model_).logits(batch["image"]);
    const auto loss = torch::cross_entropy_loss(logits, batch["label"]);
    context.minimise("sgd", loss);
    ++seen_;
    context.picture("scores", (logits[0][1].sigmoid() * 255).to(torch::kByte).detach());
    return {{"loss", loss.detach()}};
  }
  std::optional<plexus::Score> validate(plexus::Validation& validation, Context&) override {
    auto score = validation.by_metrics("val");
    score.details.emplace_back("seen", static_cast<double>(seen_));
    return score;
  }
  void state(plexus::Archive& archive) override { archive.item("seen", seen_); }

 private:
  Settings settings_;
  plexus::Model& model_;
  std::int64_t seen_ = 0;
};

class Brighter final : public plexus::Transform {
 public:
  using Settings = None;
  explicit Brighter(Settings) {}
  void apply(Sample& sample, plexus::Rng& rng) const override { sample.fields.at("image").add_(0.01 * rng.uniform()); }
};

class Pixels final : public plexus::Metric {
 public:
  using Settings = None;
  Pixels(Settings, const DataInfo&) {}
  std::vector<plexus::Measurement> measure(const plexus::Prediction& prediction, const Sample& truth) const override {
    const auto wrong = prediction.fields.at("label").ne(truth.fields.at("label")).sum().item<double>();
    return {{.metric = "wrong_pixels", .value = wrong, .unit = "pixels"}};
  }
  bool higher_is_better() const override { return false; }
};

class Notes final : public plexus::Preprocessor {
 public:
  using Settings = None;
  explicit Notes(Settings) {}
  std::vector<plexus::Job> jobs(const std::string&, const std::string&) const override {
    return {{.id = "one", .outputs = {"one.txt"}, .bytes = 1000}, {.id = "two", .outputs = {"two.txt"}}};
  }
  void run(const plexus::Job& job, const std::string& target, plexus::Rng&, Context&) const override {
    std::ofstream(target + "/" + job.outputs[0]) << job.id << "\n";
  }
};

}  // namespace

PLEXUS_PLUGIN("compat", "1.0.0", "An object of every kind, of interface 1.0.") {
  registry.datasets.add<Squares>("squares", "squares on noise");
  registry.models.add<Model>("compat", "one convolution");
  registry.trainers.add<Trainer>("compat", "cross entropy");
  registry.transforms.add<Brighter>("brighter", "a little");
  registry.metrics.add<Pixels>("pixels", "pixels that are wrong");
  registry.preprocessors.add<Notes>("notes", "two files");
}
