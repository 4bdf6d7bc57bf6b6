#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <regex>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>

#include "npy_files.hpp"
#include "npy_steps.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

// Patient to vendor from the information sheet; a sheet without such columns is an error.
std::map<std::string, std::string> vendors_in(const fs::path& file) {
  const auto table = Table::parse_csv(read_file(file), file.string());
  const auto column = [&](const std::string& name) {
    for (std::size_t i = 0; i < table.columns().size(); ++i)
      if (trim(table.columns()[i]) == name) return i;
    throw Error(ErrorKind::data, fmt::format("has no column '{}'", name), file.string(),
                "export mnms_dataset_info.xls as CSV with its headings");
  };
  const auto code = column("External code"), vendor = column("Vendor");
  std::map<std::string, std::string> vendors;
  for (const auto& row : table.rows()) vendors[std::string(trim(row[code]))] = std::string(trim(row[vendor]));
  return vendors;
}

// The sheet that the option names, or the only CSV at the top of the source; empty: none.
fs::path information_sheet(const std::string& option, const fs::path& source) {
  if (!option.empty()) return option;
  fs::path found;
  for (const auto& entry : fs::directory_iterator(source))
    if (entry.path().extension() == ".csv") found = found.empty() || entry.path() < found ? entry.path() : found;
  return found;
}

// "A" of a folder "vendorA" above the file; "" where there is none.
std::string vendor_folder(const fs::path& file) {
  static const std::regex pattern("[Vv]endor_?([A-D])");
  for (auto folder = file.parent_path(); folder != folder.parent_path(); folder = folder.parent_path()) {
    std::smatch match;
    const auto name = folder.filename().string();
    if (std::regex_match(name, match, pattern)) return match[1];
  }
  return "";
}

}  // namespace

void MnmsNpy::Settings::declare(Options& options) {
  options.add("information", information, "CSV export of mnms_dataset_info.xls; empty: a *.csv in the source").path();
  options.add("view", view, "whole frames, or their planes").one_of({"volumes", "slices"});
  options
      .add("preparation", preparation,
           "reference: exactly as published; fixed: with the last labelled slice and without the zoom's empty last planes")
      .one_of({"reference", "fixed"});
  options.add("previews", previews, "view: slices: also png/<id>_image.png and _label.png, to look at");
  options.add("seed", seed, "of the choice of labelled patients");
  options.add("ratios", ratios, "parts of each vendor's patients that are labelled, one set of lists each");
  options.rule([this]() -> std::string {
    for (const auto& ratio : ratios)
      if (const auto value = parse_real(ratio); !value || *value <= 0 || *value >= 1)
        return "ratios: '" + ratio + "' is not between 0 and 1";
    return "";
  });
}

std::vector<Job> MnmsNpy::jobs(const std::string& source, const std::string&) const {
  if (!fs::is_directory(source)) throw Error(ErrorKind::data, "is no folder", source, "give the folder of the patients");
  std::map<std::string, fs::path> labels;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with("_sa_gt.nii.gz") || name.ends_with("_sa_gt.nii"))
      labels[name.substr(0, name.find("_sa_gt"))] = entry.path();
  }
  if (labels.empty())
    throw Error(ErrorKind::data, "holds no file <patient>_sa_gt.nii.gz", source, "give the folder of the labelled patients");
  const auto sheet = information_sheet(settings_.information, source);
  const auto vendors = sheet.empty() ? std::map<std::string, std::string>() : vendors_in(sheet);
  std::vector<Job> all;
  for (const auto& [patient, label] : labels) {
    throw_if_stopped();
    const auto suffix = label.extension() == ".gz" ? ".nii.gz" : ".nii";
    auto vendor = vendor_folder(label);
    if (const auto listed = vendors.find(patient); vendor.empty() && listed != vendors.end()) vendor = listed->second;
    if (vendor.size() != 1 || vendor[0] < 'A' || vendor[0] > 'D')
      throw Error(ErrorKind::data, "its vendor is not known", label.string(),
                  "keep patients in folders vendorA to vendorD, or give `information`: mnms_dataset_info.xls saved as CSV");
    auto job = npy_job(patient, label.parent_path() / (patient + "_sa" + suffix), label, 0);
    std::vector<std::int64_t> shape;
    read_volume_geometry(job.inputs[0], shape);
    job.bytes = static_cast<std::uint64_t>(shape[0] * shape[1] * shape[2] * shape[3]) * 12 + (std::uint64_t{64} << 20);
    // Which frames there will be, only the label tells.
    std::vector<std::string> ids;
    if (settings_.view == "volumes") {
      const auto values = read_volume(label, {.label = true}).data;
      for (std::int64_t t = 0; t < values.size(0); ++t)
        if (values[t].any().item<bool>()) ids.push_back(fmt::format("{}_sa_{}", patient, t));
    } else {
      for (const auto& [id, made] : prepared_mnms_slices(patient + "_sa", read_pair(job))) ids.push_back(id);
    }
    job.outputs = npy_outputs(ids);
    if (settings_.previews && settings_.view == "slices")
      for (const auto& id : ids)
        for (const char* kind : {"image", "label"}) job.outputs.push_back(fmt::format("png/{}_{}.png", id, kind));
    // finish() learns the vendor from it.
    job.id = vendor + "_" + patient;
    all.push_back(std::move(job));
  }
  return all;
}

void MnmsNpy::run(const Job& job, const std::string& target, Rng&, Context&) const {
  const auto patient = job.id.substr(2);
  const auto raw = read_pair(job);  // [T, D, H, W]
  if (settings_.view == "volumes") {
    for (const auto& [id, pair] : prepared_mnms(patient + "_sa", raw, settings_.preparation == "reference"))
      write_npy_pair(target, id, pair);
    return;
  }
  const auto pictures = fs::path(target) / "png";
  if (settings_.previews) make_folder(pictures);
  for (const auto& [id, pair] : prepared_mnms_slices(patient + "_sa", raw)) {
    write_npy_pair(target, id, pair);
    if (!settings_.previews) continue;
    write_image(pictures / (id + "_image.png"), preview(pair.image, pair.image.max().item<double>()).unsqueeze(0), Geometry{});
    write_image(pictures / (id + "_label.png"), preview(pair.label, 3).unsqueeze(0), Geometry{});
  }
}

void MnmsNpy::finish(const std::vector<Job>& done, const std::string& target) const {
  std::map<std::string, std::vector<std::string>> patients, frames;  // by vendor; by patient
  std::vector<Job> made;
  for (const auto& job : done) {
    const auto vendor = job.id.substr(0, 1), patient = job.id.substr(2);
    patients[vendor].push_back(patient);
    for (const auto& output : job.outputs) {
      auto id = fs::path(output).filename().string();
      if (!id.ends_with("_image.npy")) continue;
      id = id.substr(0, id.size() - 10);
      if (settings_.view == "slices") id = id.substr(0, id.rfind('_'));
      auto& of = frames[patient];
      if (std::find(of.begin(), of.end(), id) == of.end()) of.push_back(id);
      if (made.empty() || made.back().id != id) made.push_back({id, {}, {}, 0});
    }
  }
  const Rng rng(static_cast<std::uint64_t>(settings_.seed));
  NamedLists lists;
  for (const auto& ratio : settings_.ratios) {
    for (const std::string target_vendor : {"A", "B", "C", "D"}) {
      if (patients.count(target_vendor) == 0) continue;
      std::vector<std::string> labeled, unlabeled, test;
      for (const auto& [vendor, ids] : patients) {
        const auto order = shuffled(ids, rng.fork(vendor));
        const auto count = static_cast<std::size_t>(std::ceil(static_cast<double>(order.size()) * *parse_real(ratio) - 1e-9));
        for (std::size_t i = 0; i < order.size(); ++i) {
          auto& list = vendor == target_vendor ? test : i < count ? labeled : unlabeled;
          list.insert(list.end(), frames[order[i]].begin(), frames[order[i]].end());
        }
      }
      lists.emplace_back(fmt::format("train_to{}_labeled_{}", target_vendor, ratio), labeled);
      lists.emplace_back(fmt::format("train_to{}_unlabeled_{}", target_vendor, ratio), unlabeled);
      lists.emplace_back(fmt::format("test_to{}_{}", target_vendor, ratio), test);
    }
  }
  write_npy_lists(target, lists, made);
}

}  // namespace plexus::datasets
