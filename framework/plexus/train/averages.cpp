#include <plexus/train/averages.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/state_dict.hpp>

namespace plexus {

WeightChoice parse_weights(const std::string& text) {
  if (text == "raw") return {};
  if (text == "ema") return {true, 0};
  if (text.starts_with("ema@")) {
    const auto rate = parse_real(text.substr(4));
    if (rate && *rate > 0 && *rate < 1) return {true, *rate};
  }
  throw Error(ErrorKind::configuration, "no choice of weights", text, "take raw, ema or ema@RATE, as ema@0.99");
}

std::string average_name(const std::string& network, double rate) { return network + "@" + format_real(rate); }

Averages::Averages(const std::vector<Network>& networks, const std::vector<double>& rates, bool warmup) {
  for (const auto& network : networks) {
    if (network.role == Network::Role::frozen) continue;
    auto wanted = network.averages;
    wanted.insert(wanted.end(), rates.begin(), rates.end());
    std::set<double> made;
    for (const auto rate : wanted) {
      if (rate <= 0 || rate >= 1) {
        throw Error(ErrorKind::configuration, "the rate of an average must lie between 0 and 1",
                    average_name(network.name, rate));
      }
      if (!made.insert(rate).second) continue;
      all_.push_back({network, std::make_unique<Ema>(*network.module, rate, warmup), made.size() == 1});
    }
  }
}

void Averages::update(std::int64_t step) {
  for (auto& one : all_) one.ema->update(*one.network.module, step);
}

std::vector<WeightChoice> Averages::choices() const {
  std::vector<WeightChoice> choices;
  for (const auto& one : all_) {
    const WeightChoice choice{true, one.ema->rate()};
    if (std::find(choices.begin(), choices.end(), choice) == choices.end()) choices.push_back(choice);
  }
  return choices;
}

bool Averages::is_meant(const One& one, const WeightChoice& choice) const {
  return choice.averaged && (choice.rate == 0 ? one.first : one.ema->rate() == choice.rate);
}

std::unique_ptr<AveragedWeights> Averages::use(const WeightChoice& choice) {
  auto weights = std::make_unique<AveragedWeights>();
  auto found = !choice.averaged;
  for (auto& one : all_) {
    if (!is_meant(one, choice)) continue;
    weights->use(*one.ema, *one.network.module);
    found = true;
  }
  if (!found) {
    throw Error(ErrorKind::configuration, "no network keeps the average that is asked for",
                choice.rate == 0 ? "ema" : average_name("ema", choice.rate), "give its rate in the option ema");
  }
  return weights;
}

std::map<std::string, Network> Averages::names(const WeightChoice& choice) const {
  std::map<std::string, Network> names;
  for (const auto& one : all_) {
    if (is_meant(one, choice)) names.emplace(average_name(one.network.name, one.ema->rate()), one.network);
  }
  return names;
}

std::map<std::string, TensorMap> Averages::states() const {
  std::map<std::string, TensorMap> states;
  for (const auto& one : all_) {
    auto state = state_dict(*one.network.module);
    for (const auto& [name, average] : one.ema->values()) {
      for (auto& entry : state) {
        if (entry.first == name) entry.second = average;
      }
    }
    states.emplace(average_name(one.network.name, one.ema->rate()), std::move(state));
  }
  return states;
}

void Averages::load(const std::map<std::string, TensorMap>& saved, const std::string& where) {
  for (auto& one : all_) {
    const auto name = average_name(one.network.name, one.ema->rate());
    const auto found = saved.find(name);
    if (found == saved.end()) throw Error(ErrorKind::data, "the checkpoint lacks the average '" + name + "'", where);
    try {
      one.ema->load(found->second);
    } catch (const std::invalid_argument& wrong) {
      throw Error(ErrorKind::data, wrong.what(), where);
    }
  }
}

}  // namespace plexus
