#include <plexus/host/data_source.hpp>

#include <algorithm>

#include <plexus/base/text.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/run.hpp>

namespace plexus {

DataSource::DataSource(Plugins& plugins, const Node& own, const Stage::Place& place)
    : plugins_(&plugins), where_("stage " + place.name + ", " + place.at.text()) {
  node_ = own.is_null() ? place.data : own;
  if (node_.is_null())
    throw Error(ErrorKind::configuration, "stage '" + place.name + "' has no data set", place.at.text(),
                "give the pipeline or the stage `data: {plugin: NAME, …}`");
  if (const Node* of = node_.find("of")) {
    of_ = of->text();
    node_.erase("of");
  }
  const Node* plugin = node_.find("plugin");
  if (plugin != nullptr && plugin->text() == "stage") {
    if (of_.empty() || node_.entries().size() > 1)
      throw Error(ErrorKind::configuration, "the data set `stage` takes one option, `of`", node_.at().text(),
                  "write {plugin: stage, of: NAME} with the name of a generate stage");
    return;
  }
  Node checked = node_;
  if (!of_.empty()) checked.set("root", Node::scalar("stage " + of_));
  part_ = dataset_part(plugins, checked, "data");
}

std::unique_ptr<Dataset> DataSource::make(const Run& run) const {
  if (of_.empty()) return part_.make();
  const std::filesystem::path folder = run.results(*run.pipeline().find(of_));
  if (!part_) return std::make_unique<GeneratedDataset>(folder);
  Node rooted = node_;
  rooted.set("root", Node::scalar(std::filesystem::absolute(folder).string()));
  return dataset_part(*plugins_, rooted, "data").make();
}

void DataSource::check(const Run& run, const std::vector<std::string>& subsets) const {
  if (!of_.empty()) return;
  const auto known = make(run)->subsets();
  ErrorList errors;
  for (const std::string& subset : subsets)
    if (std::find(known.begin(), known.end(), subset) == known.end())
      errors.add(Error(ErrorKind::configuration, "the data set has no subset '" + subset + "'" + did_you_mean(subset, known), where_,
                       "its subsets are " + join(known, ", ")));
  errors.raise();
}

std::vector<std::string> DataSource::needs() const { return of_.empty() ? std::vector<std::string>{} : std::vector{of_}; }

Node DataSource::resolved(bool results_only) const {
  if (!part_) return Node::map({{"plugin", Node::scalar("stage")}, {"of", Node::scalar(of_)}});
  Node node = part_.resolved(results_only);
  if (!of_.empty()) {
    node.erase("root");
    node.set("of", Node::scalar(of_));
  }
  return node;
}

}  // namespace plexus
