#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/base/reserved.hpp>
#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/metric.hpp>
#include <plexus/sdk/model.hpp>
#include <plexus/sdk/preprocessor.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus {

// One object about to be made: bind its options, then make it.
template <class Base, class... Inputs> class Builder {
 public:
  virtual ~Builder() = default;
  Options& options() { return options_; }
  virtual std::unique_ptr<Base> make(Inputs... inputs) = 0;

 protected:
  Options options_;
};

// The makers of one kind of object, by name.
template <class Base, class... Inputs> class Kind {
 public:
  struct Entry {
    std::string name, summary;
    std::function<std::unique_ptr<Builder<Base, Inputs...>>()> start;
    Reserved reserved = {};
  };

  // T has a nested `Settings` with defaults as member initialisers and `void declare(Options&)`, and a constructor
  // T(Settings, Inputs...).
  template <class T> void add(std::string name, std::string summary) {
    struct Made final : Builder<Base, Inputs...> {
      typename T::Settings settings;
      Made() { settings.declare(this->options_); }
      std::unique_ptr<Base> make(Inputs... inputs) override { return std::make_unique<T>(settings, inputs...); }
    };
    entries_.push_back({std::move(name), std::move(summary), [] { return std::make_unique<Made>(); }});
  }

  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<Entry> entries_;
};

// What a plugin offers. Filled by PLEXUS_PLUGIN's body, made by the host alone: a later minor version may add kinds at its end.
struct Registry {
  Kind<Model, const DataInfo&> models;
  Kind<Trainer, Model&, const DataInfo&> trainers;
  Kind<Dataset> datasets;
  Kind<Transform> transforms;
  Kind<Metric, const DataInfo&> metrics;
  Kind<Preprocessor> preprocessors;
};

}  // namespace plexus
