#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <plexus/nn/ema.hpp>
#include <plexus/nn/pickle.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// Which weights of a network are meant: "raw", "ema" (its first average, raw where it has none) or "ema@RATE".
struct WeightChoice {
  bool averaged = false;
  double rate = 0;  // 0: the first
  bool operator==(const WeightChoice&) const = default;
};
WeightChoice parse_weights(const std::string& text);  // throws Error(configuration)

// "segmenter@0.99": the name of an average in checkpoints.
std::string average_name(const std::string& network, double rate);

// The averages of a model's trained networks: the rates each network asks for, then `rates`.
class Averages {
 public:
  Averages(const std::vector<Network>& networks, const std::vector<double>& rates, bool warmup);
  // After the `step`-th optimiser step (0, 1, …).
  void update(std::int64_t step);
  bool empty() const { return all_.empty(); }
  // The choices there are besides raw.
  std::vector<WeightChoice> choices() const;
  // Puts the chosen averages in place for as long as the result lives. Throws Error(configuration) where no network has them.
  std::unique_ptr<AveragedWeights> use(const WeightChoice& choice);
  // Names in checkpoints of the averages of a choice, each with its network.
  std::map<std::string, Network> names(const WeightChoice& choice) const;
  // Every average as a state dict; buffers are the networks' own.
  std::map<std::string, TensorMap> states() const;
  // Throws Error(data) where one is missing.
  void load(const std::map<std::string, TensorMap>& saved, const std::string& where);

 private:
  struct One {
    Network network;
    std::unique_ptr<Ema> ema;
    bool first;
  };
  bool is_meant(const One& one, const WeightChoice& choice) const;
  std::vector<One> all_;
};

}  // namespace plexus
