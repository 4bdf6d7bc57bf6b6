// Everything of the sdk level that a plugin's binary may rely on, for tests/compat/abi.sh: layouts and tables of virtual functions
// through functions that mention each type, and what libplexus must go on to export through calls. What a later minor version adds
// stands behind its number, since this file is compiled with the headers of older ones too.
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/sdk/denoising.hpp>
#include <plexus/sdk/plugin.hpp>
#include <plexus/sdk/registry.hpp>

using namespace plexus;

// Values.
void values(Reserved&, Location&, Node&, Option&, Options&, Options::Preset&, Error&, Errors&, ErrorList&, Rng&) {}
void samples(Geometry&, Grid&, Sample&, Batch&, Label&, DataInfo&, Job&, Measurement&, Distribution&) {}
void networks(Network&, Rename&, Original&, Prediction&) {}
void trainings(Draws&, Stream&, Phase&, Schedule&, Optimizer&, Losses&, Score&) {}

// Interfaces.
void lent(Context&, StepInput&, Validation&, Archive&, Sink&, Condition&) {}
void offered(Dataset&, Transform&, Model&, Trainer&, Metric&, Preprocessor&) {}
void abilities(Segmenter&, Generating&, Denoising&, AdaptsToFile&) {}

// Registration.
void registration(plexus_descriptor&, Registry&) {}
void entries(Kind<Model, const DataInfo&>::Entry&, Kind<Trainer, Model&, const DataInfo&>::Entry&, Kind<Dataset>::Entry&,
             Kind<Transform>::Entry&, Kind<Metric, const DataInfo&>::Entry&, Kind<Preprocessor>::Entry&) {}
void builders(Builder<Model, const DataInfo&>&, Builder<Trainer, Model&, const DataInfo&>&, Builder<Dataset>&, Builder<Transform>&,
              Builder<Metric, const DataInfo&>&, Builder<Preprocessor>&) {}

// Functions of the libraries.
void call_options(Options& options, const Node& node) {
  bool flag = false;
  int number = 0;
  std::int64_t whole = 0;
  double real = 0;
  std::string text;
  std::vector<std::int64_t> wholes;
  std::vector<double> reals;
  std::vector<std::string> texts;
  Node map;
  std::vector<Node> maps;
  options.add("", flag, "").range(0).one_of({}).unit("").alias("").required().path().no_effect().deprecated("").set(node);
  options.add("", number, "");
  options.add("", whole, "");
  options.add("", real, "");
  options.add("", text, "");
  options.add("", wholes, "");
  options.add("", reals, "");
  options.add("", texts, "");
  options.add("", map, "");
  options.add("", maps, "");
  options.preset("", "", {});
  options.rule({});
  options.find("");
  options.apply(node, "");
  options.resolved();
}

void call_nodes(Node node, const Node& other) {
  Node::scalar("");
  Node::literal("");
  Node::list({});
  Node::map({});
  node.find("");
  other.find("");
  node.set("", other);
  node.erase("");
  node.json();
  static_cast<void>(node == other);
  node.at().text();
}

void call_errors(const Error& error) {
  exit_code(error.kind());
  ErrorList list;
  list.add(error.within(""));
  list.raise();
  throw Errors({Error(ErrorKind::data, error.what())});
}

void call_random(Rng rng) {
  rng = Rng(1).fork("").fork(1);
  rng.next();
  rng.uniform();
  rng.uniform(0, 1);
  rng.integer(0, 1);
  rng.normal();
  rng.chance(0.5);
}

void call_samples(const Batch& batch) {
  batch[""];
  batch.has("");
  batch.ids();
}

// What these do not override is called in the libraries, as are the ends of their bases.
struct OwnContext : Context {
  at::Device device() const override { return {}; }
  at::Tensor draw(std::string_view, const std::vector<std::string>&, at::IntArrayRef, Distribution) override { return {}; }
  void minimise(std::string_view, const at::Tensor&) override {}
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}
};
struct OwnDataset : Dataset {
  DataInfo info() const override { return {}; }
  std::vector<std::string> subsets() const override { return {}; }
  std::vector<std::size_t> subset(const std::string&) const override { return {}; }
  Sample get(std::size_t, Rng&) const override { return {}; }
  Sample describe(std::size_t) const override { return {}; }
};
struct OwnTransform : Transform {
  void apply(Sample&, Rng&) const override {}
};
struct OwnModel : Model, Segmenter, Generating, Denoising, AdaptsToFile {
  std::vector<Network> networks() override { return {}; }
  Prediction predict(const Batch&, Context&) override { return {}; }
  at::Tensor logits(const at::Tensor& image) override { return image; }
  void generate(const Batch&, Sink&, Context&) override {}
  const diffusion::Process& process() const override { throw Error(ErrorKind::internal, ""); }
  std::vector<std::int64_t> sample_shape(const Batch&) const override { return {}; }
  std::unique_ptr<Condition> prepare(const Batch&) override { return {}; }
  at::Tensor denoise(const at::Tensor& x, const at::Tensor&, const Condition&) override { return x; }
  void adapt(const std::string&, const std::vector<std::pair<std::string, at::Tensor>>&) override {}
  std::vector<std::pair<std::string, std::string>> adapted() const override { return {}; }
};
struct OwnTrainer : Trainer {
  std::vector<Phase> phases() const override { return {}; }
  std::vector<Optimizer> start(const Phase&, Context&) override { return {}; }
  Losses step(const StepInput&, Context&) override { return {}; }
};
struct OwnMetric : Metric {
  std::vector<Measurement> measure(const Prediction&, const Sample&) const override { return {}; }
};
struct OwnPreprocessor : Preprocessor {
  std::vector<Job> jobs(const std::string&, const std::string&) const override { return {}; }
  void run(const Job&, const std::string&, Rng&, Context&) const override {}
};
struct OwnCondition : Condition {};
void make_interfaces() {
  OwnContext context;
  OwnDataset dataset;
  OwnTransform transform;
  OwnModel model;
  OwnTrainer trainer;
  OwnMetric metric;
  OwnPreprocessor preprocessor;
  OwnCondition condition;
}
