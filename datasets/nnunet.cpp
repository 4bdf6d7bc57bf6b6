#include "nnunet.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

FolderCases nnunet_cases(const NnUnet::Settings& settings) {
  const fs::path root = settings.root;
  if (!fs::exists(root / "dataset.json"))
    throw Error(ErrorKind::data, "does not exist", (root / "dataset.json").string(), "check the option root");
  FolderCases found(find_nnunet(root), settings.root);
  if (found.labels.empty())
    throw Error(ErrorKind::data, "is not nnU-Net's: it names no labels", (root / "dataset.json").string(),
                R"(expected {"channel_names": {"0": "T2"}, "labels": {"background": 0, "prostate": 1}, …})");

  const auto splits_file = root / "splits_final.json";
  if (!fs::exists(splits_file)) return found;
  const auto folds = nlohmann::json::parse(read_file(splits_file), nullptr, false);
  if (!folds.is_array())
    throw Error(ErrorKind::data, "is not the JSON it should be", splits_file.string(), R"(expected [{"train": […], "val": […]}, …])");
  if (settings.fold >= static_cast<std::int64_t>(folds.size()))
    throw Error(ErrorKind::configuration, fmt::format("has {} folds; fold {} is asked for", folds.size(), settings.fold),
                splits_file.string());
  try {
    const auto& fold = folds[static_cast<std::size_t>(settings.fold)];
    found.splits["labeled"] = fold.at("train").get<std::vector<std::string>>();
    found.splits["val"] = fold.at("val").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not nnU-Net's: {}", error.what()), splits_file.string(),
                R"(expected [{"train": […], "val": […]}, …])");
  }
  return found;
}

}  // namespace

void NnUnet::Settings::declare(Options& options) {
  FolderSettings::declare(options, "folder DatasetNNN_Name with imagesTr/, labelsTr/ and dataset.json");
  options.add("fold", fold, "of splits_final.json, where there is one").range(0);
}

NnUnet::NnUnet(const Settings& settings) : FolderSet(settings, nnunet_cases(settings)) {}

}  // namespace plexus::datasets
