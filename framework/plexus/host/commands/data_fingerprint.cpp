#include <plexus/base/counted.hpp>
#include <plexus/host/data_fingerprint.hpp>

#include <cstdio>

#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/host/commands/batch_options.hpp>
#include <plexus/host/commands/data_tools.hpp>

namespace plexus {

int data_fingerprint(const std::vector<std::string>& args) {
  DataInputs inputs;
  std::filesystem::path output;
  CommandLine line(
      "data fingerprint", "IN... [options]",
      "Tells in one pass what a data set is like: sizes, spacing, intensities of all voxels and of the foreground,\n"
      "volumes of the labels. As JSON on stdout, and with -o as fingerprint.json and fingerprint.html.");
  inputs.declare(line);
  line.option("output", 'o', output, "DIR", "folder for fingerprint.json and fingerprint.html");
  line.common({Common::case_jobs, Common::memory_limit});
  line.example("plexus data fingerprint Task09_Spleen -o spleen", "");
  if (!line.parse(args)) return 0;

  const FoundCases found = inputs.find();
  const ReadOptions reading = inputs.reading.options();
  BatchSettings settings = batch_settings(line);
  settings.target = ".";
  settings.attempts = 1;
  const BatchResult result = look_at_cases(found, reading, "fingerprint", settings, 5, [&](const CaseFiles& files) {
    return BatchWork::Outcome{{}, case_fingerprint(files, reading).dump()};
  });
  if (result.failed == result.cases.size())
    throw Error(result.cases.front().error_kind, result.cases.front().error + " (nor can any other case be read)");
  const auto fingerprint = data_fingerprint_of(found, result);
  const std::string text = fingerprint.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (output.empty()) {
    std::puts(text.c_str());
  } else {
    make_folder(output);
    write_file(output / "fingerprint.json", text + "\n");
    write_file(output / "fingerprint.html",
               fingerprint_page(std::filesystem::path(inputs.paths.front()).filename().string(), fingerprint));
    log::info(fmt::format("{} of {}; open {}", result.made, counted(result.cases.size(), "case"), (output / "fingerprint.html").string()));
  }
  return result.failed == 0 ? 0 : exit_code(ErrorKind::cases);
}

}  // namespace plexus
