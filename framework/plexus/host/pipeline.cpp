#include <algorithm>
#include <set>

#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/pipeline.hpp>
#include <plexus/host/stage.hpp>

namespace plexus {
namespace {

// One entry of `stages` after repetition.
struct Entry {
  std::string kind;
  Node body;
  std::map<std::string, std::string> variables;
  Location at;
};

void replace_variables(Node& node, const std::map<std::string, std::string>& variables) {
  if (node.is_scalar()) {
    std::string text = node.text();
    for (const auto& [name, value] : variables) {
      const std::string pattern = "{" + name + "}";
      for (std::size_t at = 0; (at = text.find(pattern, at)) != std::string::npos; at += value.size())
        text.replace(at, pattern.size(), value);
    }
    if (text != node.text()) {
      Node replaced = Node::scalar(text, node.at());
      replaced.set_origin(node.origin());
      node = replaced;
    }
  }
  for (Node& item : node.items()) replace_variables(item, variables);
  for (auto& [key, value] : node.entries()) replace_variables(value, variables);
}

class Expansion {
 public:
  explicit Expansion(ErrorList& errors) : errors_(errors) {}

  void add(const Node& item, const std::map<std::string, std::string>& variables) {
    errors_.attempt([&] {
      if (!item.is_map() || item.entries().empty())
        throw Error(ErrorKind::configuration, "a stage is one of " + join(stage_kind_names(), ", ") + ", or a repeat group", item.at().text(),
                    "write `- train: {…}`");
      if (item.find("repeat") != nullptr) return repeat(item, variables);
      const auto& [kind, body] = item.entries().front();
      if (item.entries().size() != 1)
        throw Error(ErrorKind::configuration, "a stage has one key, its kind; '" + item.entries()[1].first + "' stands beside '" + kind + "'",
                    item.at().text(), "begin each stage with its own `- `, and indent its options");
      if (std::find(stage_kind_names().begin(), stage_kind_names().end(), kind) == stage_kind_names().end())
        throw Error(ErrorKind::configuration, "no stage kind '" + kind + "'" + did_you_mean(kind, stage_kind_names()), item.at().text(),
                    "the kinds are " + join(stage_kind_names(), ", "));
      Entry entry{kind, body.is_null() ? Node::map({}, item.at()) : body, variables, item.at()};
      replace_variables(entry.body, variables);
      entries.push_back(std::move(entry));
    });
  }

  std::vector<Entry> entries;

 private:
  void repeat(const Node& item, const std::map<std::string, std::string>& outer) {
    const Node* over = item.find("repeat");
    const Node* stages = item.find("stages");
    for (const auto& [key, value] : item.entries())
      if (key != "repeat" && key != "stages")
        throw Error(ErrorKind::configuration, "no key '" + key + "' in a repeat group", value.at().text(), "its keys are repeat and stages");
    if (!over->is_map() || over->entries().size() != 1 || !over->entries()[0].second.is_list())
      throw Error(ErrorKind::configuration, "repeat takes one variable and its values", over->at().text(), "write `repeat: {seed: [0, 1, 2]}`");
    if (stages == nullptr || !stages->is_list())
      throw Error(ErrorKind::configuration, "a repeat group needs the list `stages`", item.at().text());
    const auto& [variable, values] = over->entries()[0];
    for (const Node& value : values.items()) {
      auto variables = outer;
      variables[variable] = value.text();
      for (const Node& stage : stages->items()) add(stage, variables);
    }
  }

  ErrorList& errors_;
};

std::string suffix(const std::map<std::string, std::string>& variables) {
  std::string text;
  for (const auto& [name, value] : variables) text += "@" + name + "=" + value;
  return text;
}

// A stage of a repeat group that names another of the group means the one of its own round.
void refer_within_group(Node& body, const std::map<std::string, std::string>& variables, const std::set<std::string>& names) {
  const auto refer = [&](Node* node) {
    if (node == nullptr || !node->is_scalar()) return;
    const auto at = node->text().find('@');
    const std::string own = node->text().substr(0, at) + suffix(variables);
    if (names.count(own) != 0) *node = Node::scalar(own + (at == std::string::npos ? "" : node->text().substr(at)), node->at());
  };
  refer(body.find("model"));
  refer(body.find("of"));
  if (Node* data = body.find("data"); data != nullptr && data->is_map()) refer(data->find("of"));
  if (Node* load = body.find("load"); load != nullptr && load->is_map())
    for (auto& [network, source] : load->entries()) refer(&source);
}

}  // namespace

void PipelineSettings::declare(Options& options) {
  options.add("name", name, "name of the pipeline and of its run folder; default: the file's name");
  options.add("seed", seed, "seed of every random draw").range(0);
  options.add("data", data, "data set of the stages that name none, {plugin: NAME, …}");
  options.add("stages", stages, "what is done, in order").required();
}

Pipeline::Pipeline(const Node& tree, Plugins& plugins, const std::string& fallback_name) {
  Options options;
  settings_.declare(options);
  ErrorList errors;
  errors.attempt([&] { options.apply(tree, "the pipeline"); });
  if (settings_.name.empty()) settings_.name = fallback_name;

  if (const Node* stages = tree.find("stages"); stages != nullptr && settings_.stages.empty())
    errors.add(Error(ErrorKind::configuration, "`stages` is empty", stages->at().text(), "give at least one, as `- train: {…}`"));
  Expansion expansion(errors);
  for (const Node& item : settings_.stages) expansion.add(item, {});

  std::set<std::string> names;
  std::vector<Stage::Place> places;
  for (Entry& entry : expansion.entries) {
    const Node* given = entry.body.find("name");
    Stage::Place place{entry.kind, given != nullptr ? given->text() : entry.kind, "", entry.variables, entry.at, settings_.seed, settings_.data};
    replace_variables(place.data, entry.variables);
    const std::string end = suffix(entry.variables);
    if (given == nullptr)
      for (int n = 2; names.count(place.name + end) != 0; ++n) place.name = entry.kind + "-" + std::to_string(n);
    place.base_name = place.name;
    place.name += end;
    if (!names.insert(place.name).second)
      errors.add(Error(ErrorKind::configuration, "two stages are called '" + place.name + "'", entry.at.text(), "give one of them another name"));
    if (const auto seed = entry.variables.find("seed"); seed != entry.variables.end()) {
      const auto value = parse_integer(seed->second);
      if (!value || *value < 0)
        errors.add(Error(ErrorKind::configuration, "seed '" + seed->second + "' is not a whole number from 0", entry.at.text()));
      else
        place.seed = *value;
    }
    places.push_back(std::move(place));
  }

  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool made = errors.attempt([&] {
      Node body = expansion.entries[i].body;
      if (!places[i].variables.empty()) refer_within_group(body, places[i].variables, names);
      stages_.push_back(make_stage(places[i], body, plugins));
    });
    if (made)
      errors.attempt([&] { connect(*stages_.back(), names); });
    else
      faulty_.push_back({places[i].name, places[i].kind, places[i].variables});
  }
  errors.raise();
}

Pipeline::~Pipeline() = default;

// `names` are those of all stages, the later ones too.
void Pipeline::connect(Stage& stage, const std::set<std::string>& names) const {
  try {
    stage.connect(*this);
    for (const std::string& need : stage.needs())
      if (const Stage* found = find(need); found == nullptr || found == &stage)
        throw Error(ErrorKind::configuration,
                    "stage '" + stage.name() + "' needs the stage '" + need + "', which is not before it" +
                        (names.count(need) != 0 ? std::string("; it stands later") : did_you_mean(need, {names.begin(), names.end()})),
                    stage.place().at.text());
  } catch (const FaultyStage&) {
  }
}

Stage* Pipeline::find(const std::string& name) const {
  for (const Faulty& stage : faulty_)
    if (stage.name == name) throw FaultyStage();
  for (const auto& stage : stages_)
    if (stage->name() == name) return stage.get();
  return nullptr;
}

Stage* Pipeline::latest(const std::string& kind, const std::map<std::string, std::string>& variables) const {
  for (const Faulty& stage : faulty_)
    if (stage.kind == kind && stage.variables == variables) throw FaultyStage();
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage)
    if ((*stage)->kind() == kind && (*stage)->place().variables == variables) return stage->get();
  return nullptr;
}

Node Pipeline::resolved() const {
  Node tree = Node::map({});
  tree.set("name", Node::scalar(settings_.name));
  tree.set("seed", Node::scalar(std::to_string(settings_.seed)));
  if (settings_.data.is_map()) tree.set("data", settings_.data);
  std::vector<Node> list;
  for (const auto& stage : stages_) {
    Node body = stage->resolved();
    body.set("name", Node::scalar(stage->name()));
    body.set("seed", Node::scalar(std::to_string(stage->place().seed)));
    list.push_back(Node::map({{stage->kind(), body}}));
  }
  tree.set("stages", Node::list(std::move(list)));
  return tree;
}

Node read_pipeline(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  Node tree = read_pipeline_file(file);
  ErrorList errors;
  for (const std::string& assignment : assignments) errors.attempt([&] { set_value(tree, assignment); });
  errors.raise();
  return tree;
}

const std::vector<std::string>& stage_kind_names() {
  static const std::vector<std::string> names{"prepare", "train", "generate", "predict", "evaluate", "report"};
  return names;
}

}  // namespace plexus
