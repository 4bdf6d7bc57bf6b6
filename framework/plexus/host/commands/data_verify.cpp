#include <cstdio>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/host/commands/batch_options.hpp>
#include <plexus/host/commands/data_tools.hpp>

namespace plexus {
namespace {

using nlohmann::ordered_json;

// What all cases are held to.
struct DeclaredLabels {
  std::set<std::int64_t> labels;  // empty: any
  std::size_t channels = 0;       // 0: any
  double tolerance = 0.1;         // mm
  bool some_have_labels = false;
};

void check_label(const Sample& sample, const CaseFiles& files, const DeclaredLabels& declared, const ReadOptions& reading,
                 ordered_json& findings) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, voxels] : count_labels(sample.fields.at("label"))) ids.push_back(id);
  findings["label_values"] = ids;
  std::vector<std::string> strange;
  for (const std::int64_t id : ids)
    if (!declared.labels.empty() && declared.labels.count(id) == 0) strange.push_back(std::to_string(id));
  if (!strange.empty()) {
    const std::size_t more = strange.size() > 8 ? strange.size() - 8 : 0;
    strange.resize(strange.size() - more);
    findings["problems"].push_back("label values that are not declared: " + join(strange, ", ") +
                                   (more > 0 ? fmt::format(" and {} more", more) : ""));
  }
  if (ids.size() == 1) findings["warnings"].push_back(fmt::format("the label is {} everywhere", ids.front()));
  if (files.label.empty() || !is_volume_file(files.label) || !is_volume_file(files.images.front())) return;
  std::vector<std::int64_t> shape;
  const Geometry place = read_volume_geometry(files.label, shape, reading).geometry;
  if (!place.known || !sample.geometry.known) return;
  const double apart = corner_distance(place, sample.geometry, sample.fields.at("label").sizes());
  if (apart > declared.tolerance)
    findings["problems"].push_back(fmt::format("the label lies up to {:.3g} mm off its image", apart));
}

ordered_json verified(const CaseFiles& files, const DeclaredLabels& declared, const ReadOptions& reading) {
  ordered_json findings{{"problems", ordered_json::array()}, {"warnings", ordered_json::array()}};
  std::vector<std::string> notes;
  const Sample sample = read_case(files, notes, reading);
  for (const std::string& note : notes)
    if (note.find("off its image") == std::string::npos) findings["warnings"].push_back(note);
  const at::Tensor& image = sample.fields.at("image");
  const auto finite = image.isfinite();
  const std::int64_t lost = image.numel() - at::count_nonzero(finite).item<std::int64_t>();
  if (lost > 0) findings["problems"].push_back(fmt::format("{} voxels are not finite", lost));
  for (std::int64_t channel = 0; channel < image.size(0); ++channel) {
    const auto [low, high] = at::aminmax(at::nan_to_num(image[channel], 0, 0, 0));
    if (low.item<float>() == high.item<float>())
      findings["problems"].push_back(fmt::format("is empty: every voxel of channel {} is {:g}", channel, low.item<float>()));
  }
  if (declared.channels > 0 && static_cast<std::size_t>(image.size(0)) != declared.channels)
    findings["problems"].push_back(fmt::format("has {} channels; {} are declared", image.size(0), declared.channels));
  if (!sample.geometry.known) findings["warnings"].push_back("the files store no spacing: distances will be in voxels");
  if (sample.fields.count("label"))
    check_label(sample, files, declared, reading, findings);
  else if (declared.some_have_labels)
    findings["warnings"].push_back("has no label");
  const std::string_view bytes(static_cast<const char*>(image.const_data_ptr()), image.nbytes());
  findings["content"] = sha256(bytes);
  return findings;
}

std::set<std::int64_t> ids_of(const std::string& text) {
  std::set<std::int64_t> ids;
  for (const std::string& part : split(text, ',')) {
    const auto id = parse_integer(trim(part));
    if (!id)
      throw Error(ErrorKind::usage, "--labels: '" + text + "' is not a list of whole numbers", "", "write --labels 0,1,2");
    ids.insert(*id);
  }
  return ids;
}

// All findings by case, in order; cases of one content blame each other.
std::vector<std::pair<std::string, ordered_json>> collected(const BatchResult& result) {
  std::vector<std::pair<std::string, ordered_json>> all;
  std::map<std::string, std::string> contents;
  for (const CaseRecord& record : result.cases) {
    ordered_json findings{{"problems", ordered_json::array()}, {"warnings", ordered_json::array()}};
    if (record.state == CaseRecord::State::failed)
      findings["problems"].push_back(record.error);
    else
      findings = ordered_json::parse(record.details);
    if (findings.contains("content"))
      if (const auto [first, fresh] = contents.emplace(findings["content"], record.id); !fresh)
        findings["problems"].push_back("has the same voxels as " + first->second);
    all.emplace_back(record.id, std::move(findings));
  }
  return all;
}

}  // namespace

int data_verify(const std::vector<std::string>& args) {
  DataInputs inputs;
  std::string labels;
  DeclaredLabels declared;
  CommandLine line(
      "data verify", "IN... [options]",
      "Reads every case and checks it: files that break, label and image on one grid, label values that are not\n"
      "declared, voxels that are not finite, empty images, cases of the same content. Exit code 8 where it finds any.");
  inputs.declare(line);
  line.option("labels", '\0', labels, "IDS", "label values that may be there, as 0,1,2; default: those of dataset.json");
  line.option("tolerance", '\0', declared.tolerance, "MM", "how far a label's corners may lie off its image's");
  line.common({Common::case_jobs, Common::memory_limit, Common::json});
  line.example("plexus data verify Dataset001_Heart", "a data set in nnU-Net's layout");
  if (!line.parse(args)) return 0;

  const FoundCases found = inputs.find();
  const ReadOptions reading = inputs.reading.options();
  if (!labels.empty()) declared.labels = ids_of(labels);
  for (const Label& label : found.labels)
    if (labels.empty()) declared.labels.insert(label.id);
  declared.channels = found.channels.size();
  for (const CaseFiles& files : found.cases) declared.some_have_labels = declared.some_have_labels || !files.label.empty();

  BatchSettings settings = batch_settings(line);
  settings.target = ".";
  settings.attempts = 1;
  const BatchResult result = look_at_cases(found, reading, "verify", settings, 4, [&](const CaseFiles& files) {
    return BatchWork::Outcome{{}, verified(files, declared, reading).dump()};
  });

  const auto all = collected(result);
  std::size_t wrong = 0, warned = 0;
  Table table({"case", "", "what"});
  ordered_json cases = ordered_json::array();
  for (const auto& [id, findings] : all) {
    wrong += !findings["problems"].empty();
    warned += findings["problems"].empty() && !findings["warnings"].empty();
    for (const char* kind : {"problems", "warnings"})
      for (const auto& text : findings[kind])
        table.add({id, kind == std::string("problems") ? "problem" : "warning", text.get<std::string>()});
    ordered_json one{{"id", id}};
    one.update(findings);
    cases.push_back(std::move(one));
  }
  if (line.shared().json)
    std::puts(ordered_json{{"layout", found.layout}, {"with_problems", wrong}, {"with_warnings", warned}, {"cases", cases}}
                  .dump(2, ' ', false, ordered_json::error_handler_t::replace)
                  .c_str());
  else if (!table.rows().empty())
    std::fputs(table.text().c_str(), stdout);
  log::info(fmt::format("{} (layout {}): {} with problems, {} with warnings", counted(all.size(), "case"), found.layout, wrong, warned));
  return wrong == 0 ? 0 : exit_code(ErrorKind::verification);
}

}  // namespace plexus
