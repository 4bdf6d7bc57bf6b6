#include "bids.hpp"

namespace plexus::datasets {
namespace {

FolderCases bids_cases(const Bids::Settings& settings) {
  BidsOptions options;
  options.datatype = settings.datatype;
  options.suffixes = settings.suffixes;
  options.label_suffixes = {settings.label_suffix};
  options.derivative = settings.derivative;
  options.description = settings.description;
  return {find_bids(settings.root, options), settings.root};
}

}  // namespace

void Bids::Settings::declare(Options& options) {
  FolderSettings::declare(options, "BIDS folder with sub-*/");
  options.add("datatype", datatype, "folder of the images within a subject");
  options.add("suffixes", suffixes, "of the images: the first names the cases, the others are further channels");
  options.add("label_suffix", label_suffix, "of the labels in derivatives/: dseg, mask, …");
  options.add("derivative", derivative, "folder in derivatives/ that the labels are taken from; empty: any");
  options.add("description", description, "labels of this desc- only; empty: any");
  options.rule([this]() -> std::string { return suffixes.empty() ? "suffixes: expected one or more, e.g. [T1w]" : ""; });
}

Bids::Bids(const Settings& settings) : FolderSet(settings, bids_cases(settings)) {}

}  // namespace plexus::datasets
