#include <plexus/host/data_source.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/run.hpp>

namespace plexus {

DataSource::DataSource(Plugins& plugins, const Node& own, const Stage::Place& place) {
  const Node& node = own.is_null() ? place.data : own;
  if (node.is_null())
    throw Error(ErrorKind::configuration, "stage '" + place.name + "' has no data set", place.at.text(),
                "give the pipeline or the stage `data: {plugin: NAME, …}`");
  const Node* plugin = node.find("plugin");
  if (plugin != nullptr && plugin->is_scalar() && plugin->text() == "stage") {
    Options options;
    Node settings = node;
    settings.erase("plugin");
    options.add("of", of_, "the generate stage whose samples are read").required();
    options.apply(settings, "data");
  } else {
    part_ = dataset_part(plugins, node, "data");
  }
}

std::unique_ptr<Dataset> DataSource::make(const Run& run) const {
  if (!of_.empty()) return std::make_unique<GeneratedDataset>(run.folder(*run.pipeline().find(of_)));
  return part_.builder->make();
}

std::vector<std::string> DataSource::needs() const { return of_.empty() ? std::vector<std::string>{} : std::vector{of_}; }

Node DataSource::resolved(bool results_only) const {
  if (of_.empty()) return part_.resolved(results_only);
  return Node::map({{"plugin", Node::scalar("stage")}, {"of", Node::scalar(of_)}});
}

}  // namespace plexus
