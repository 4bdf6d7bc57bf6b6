// Parity subjects of prediction and evaluation.
#include <numeric>

#include <torch/torch.h>
#include <plexus/eval/builtin.hpp>
#include <plexus/eval/window.hpp>

#include "difficulty.hpp"
#include "parity_network.hpp"

namespace plexus::parity {
namespace {

using Sizes = std::vector<std::int64_t>;

Outcome sliding_window(const Case& given, std::int64_t dimensions) {
  genericssl::DiffVNet network(diffvnet_settings(given, dimensions));
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.eval();
  const std::int64_t plane = given.config.at("stride_xy");
  WindowSettings windows{.patch = given.config.at("patch_size").get<Sizes>(),
                         .stride = Sizes(static_cast<std::size_t>(dimensions), plane),
                         .batch = 3,
                         .pad_equal = dimensions == 2};
  windows.stride.front() = given.option("stride_z", plane);
  std::vector<at::Tensor> scores;
  slide_window(
      given.input("image").unsqueeze(0), windows, [&](const at::Tensor& patches) { return network.theta(patches); },
      [&](std::int64_t, const at::Tensor& planes) { scores.push_back(planes); });
  const auto score = at::cat(scores, 1);
  outcome.outputs["score"] = score;
  outcome.outputs["label"] = score.argmax(0);
  return outcome;
}

DataInfo info_of(std::int64_t classes) {
  DataInfo info;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({.id = id, .name = std::to_string(id)});
  return info;
}

// The framework's metrics under the rule genericssl: [foreground classes, names], shares in per cent.
at::Tensor measured(const at::Tensor& prediction, const at::Tensor& label, std::int64_t classes,
                    const std::vector<std::string>& names) {
  const auto info = info_of(classes);
  Kind<Metric, const DataInfo&> kind;
  register_metrics(kind);
  Prediction given;
  given.fields["label"] = prediction;
  Sample truth;
  truth.fields["label"] = label;
  std::vector<at::Tensor> columns;
  for (const auto& name : names) {
    for (const auto& entry : kind.entries()) {
      if (entry.name != name) continue;
      const auto builder = entry.start();
      builder->options().apply(Node::map({{"preset", Node::scalar("genericssl")}}), name);
      const bool share = name == "dice" || name == "jaccard";
      std::vector<double> column;
      for (const auto& one : builder->make(info)->measure(given, truth)) column.push_back(share ? 100 * one.value : one.value);
      columns.push_back(torch::tensor(column, at::kDouble));
    }
  }
  return at::stack(columns, 1);
}

Outcome metrics(const Case& given) {
  return {.outputs = {{"values", measured(given.input("pred"), given.input("label"), given.config.at("classes"),
                                          {"dice", "jaccard", "hd95", "asd"})}},
          .steps = {},
          .parameters = {}};
}

Outcome evaluate(const Case& given) {
  const bool all_four = given.config.at("script") == "la";
  const std::vector<std::string> names =
      all_four ? std::vector<std::string>{"dice", "jaccard", "hd95", "asd"} : std::vector<std::string>{"dice", "asd"};
  const WindowSettings windows{.patch = given.config.at("patch_size").get<Sizes>()};
  std::vector<at::Tensor> folds;
  for (int fold = 0; fold < given.config.at("folds").get<int>(); ++fold) {
    std::vector<at::Tensor> cases;
    for (int k = 0; k < given.config.at("cases").get<int>(); ++k) {
      const auto& label = given.input("label." + std::to_string(k));
      Sizes around;
      const auto margin = window_margin(label.sizes().vec(), windows);
      for (auto at = margin.rbegin(); at != margin.rend(); ++at) around.insert(around.end(), {*at, *at});
      cases.push_back(measured(given.input("pred." + std::to_string(fold) + "." + std::to_string(k)),
                               at::constant_pad_nd(label, around, 0), given.config.at("num_cls"), names));
    }
    folds.push_back(at::stack(cases));
  }
  const auto values = at::stack(folds);  // [fold, case, class, metric]
  const auto mean_over = [&](std::vector<std::int64_t> axes) { return values.mean(at::IntArrayRef(axes)); };
  const auto of_folds = mean_over({1, 2});
  return {.outputs = {{"values", values},
                      {"class_means", mean_over({0, 1})},
                      {"final_means", of_folds.mean(0)},
                      {"final_std", of_folds.std(0, false)}},
          .steps = {},
          .parameters = {}};
}

Outcome val_dice(const Case& given) {
  const auto dice = genericssl::hard_dice(given.input("logits").argmax(1), given.input("label"), given.config.at("num_cls"));
  return {.outputs = {{"dice", dice.slice(0, 1)}}, .steps = {}, .parameters = {}};
}

}  // namespace

void register_genericssl_parity_eval(Subjects& subjects) {
  subjects.add("genericssl.sliding_window3d", [](const Case& given) { return sliding_window(given, 3); });
  subjects.add("genericssl.sliding_window2d", [](const Case& given) { return sliding_window(given, 2); });
  subjects.add("genericssl.metrics", metrics);
  subjects.add("genericssl.evaluate", evaluate);
  subjects.add("genericssl.val_dice", val_dice);
}

}  // namespace plexus::parity
