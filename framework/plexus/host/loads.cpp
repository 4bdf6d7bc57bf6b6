#include <plexus/host/loads.hpp>

#include <algorithm>

#include <plexus/base/error.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stage.hpp>
#include <plexus/host/trained_model.hpp>

namespace plexus {
namespace {

// Names of repeated stages hold '@' themselves: the average is what follows a whole stage name.
std::size_t average_mark(const Pipeline& pipeline, const std::string& source) {
  for (std::size_t mark = source.rfind('@'); mark != std::string::npos && mark > 0; mark = source.rfind('@', mark - 1)) {
    if (pipeline.find(source) != nullptr) return std::string::npos;
    if (pipeline.find(source.substr(0, mark)) != nullptr) return mark;
  }
  return std::string::npos;
}

}  // namespace

void require_files(const std::vector<std::string>& files) {
  ErrorList errors;
  for (const std::string& file : files)
    if (!std::filesystem::is_regular_file(file)) errors.add(Error(ErrorKind::data, "there is no such file of weights", file));
  errors.raise();
}

Loads::Loads(const Node& load) : load_(load) {
  ErrorList errors;
  for (const auto& [network, source] : load_.entries())
    if (!source.is_scalar())
      errors.add(Error(ErrorKind::configuration, "load takes a stage or a file for '" + network + "'", source.at().text()));
  errors.raise();
}

void Loads::connect(const Pipeline& pipeline, const Stage& of) {
  where_ = of.place().at.text();
  for (const auto& [network, source] : load_.entries()) {
    const std::string name = source.text().substr(0, average_mark(pipeline, source.text()));
    const Stage* stage = pipeline.find(name);
    if (stage != nullptr && stage != &of)
      needs_.push_back(name);
    else
      files_.push_back(source.text());
  }
}

std::vector<LoadedNetwork> Loads::fill(const Run& run, Model& model) const {
  std::vector<LoadedNetwork> filled;
  const auto networks = model.networks();
  for (const auto& [name, source] : load_.entries()) {
    const auto network =
        std::find_if(networks.begin(), networks.end(), [&wanted = name](const Network& n) { return n.name == wanted; });
    if (network == networks.end())
      throw Error(ErrorKind::configuration, "the model has no network '" + name + "'", source.at().text());
    const std::size_t mark = average_mark(run.pipeline(), source.text());
    const Stage* stage = run.pipeline().find(source.text().substr(0, mark));
    LoadedNetwork loaded{name, stage != nullptr ? run.checkpoint(*stage, "best") : std::filesystem::path(source.text()),
                         stage != nullptr && mark != std::string::npos ? source.text().substr(mark + 1) : ""};
    load_network(model, *network, loaded.file, loaded.rate);
    filled.push_back(std::move(loaded));
  }
  for (const Network& network : networks)
    if (network.role == Network::Role::frozen && !network.filled && load_.find(network.name) == nullptr)
      throw Error(ErrorKind::configuration, "the network '" + network.name + "' is not trained here, and nothing fills it", where_,
                  "give `load: {" + network.name + ": STAGE}` or a file");
  return filled;
}

}  // namespace plexus
