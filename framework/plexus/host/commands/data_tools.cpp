#include <plexus/host/commands/data_tools.hpp>

#include <algorithm>
#include <map>

#include <plexus/base/log.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/host/preprocess.hpp>

namespace plexus {

void DataInputs::declare(CommandLine& line) {
  line.argument("IN", paths, "folders, volumes, patterns, .txt lists, .csv tables (image, label, case)").needed();
  declare_reading(line);
}

void DataInputs::declare_reading(CommandLine& line) {
  line.option("layout", '\0', layout, "NAME", "how the cases lie there: " + join(case_layouts(), ", ")).one_of(case_layouts());
  reading.declare(line);
}

FoundCases DataInputs::find() const {
  FoundCases found = find_cases(paths, layout);
  for (const std::string& note : found.notes) log::warning(note);
  return found;
}

BatchResult look_at_cases(const FoundCases& found, const ReadOptions& reading, const std::string& title,
                          const BatchSettings& settings, double copies,
                          const std::function<BatchWork::Outcome(const CaseFiles&)>& work) {
  std::map<std::string, const CaseFiles*> by_id;
  for (const CaseFiles& files : found.cases) by_id[files.id] = &files;
  BatchWork batch;
  batch.title = title;
  batch.bytes = [&](const Job& job) {
    const CaseSize size = read_case_size(*by_id.at(job.id), reading);
    const double bytes =
        static_cast<double>(size.stored_bytes) + static_cast<double>(size.channels) * size.voxels() * 4 * copies;
    return static_cast<std::uint64_t>(std::min(bytes, 9e18));
  };
  batch.run = [&](const Job& job, bool) { return work(*by_id.at(job.id)); };
  return run_batch(case_jobs(found, {}), batch, settings);
}

}  // namespace plexus
