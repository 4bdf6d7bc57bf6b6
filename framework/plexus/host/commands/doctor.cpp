#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/doctor.hpp>

namespace plexus {
namespace {

const char* word(Verdict verdict) {
  return verdict == Verdict::ok ? "ok" : verdict == Verdict::warning ? "warning" : "problem";
}

}  // namespace

int doctor_command(const std::vector<std::string>& args) {
  CommandLine line("doctor", "[options]",
                   "Looks at LibTorch, threads, memory, disk, GPU and plugins, and says what to mend.\n"
                   "Ends with 8 where it finds a problem, else with 0.");
  line.common({Common::plugin_path, Common::json});
  if (!line.parse(args)) return 0;

  Plugins plugins(line.shared().plugin_path);
  const auto findings = examine(plugins);
  const auto count = [&](Verdict verdict) {
    return std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.verdict == verdict; });
  };
  const auto problems = count(Verdict::problem), warnings = count(Verdict::warning);
  if (line.shared().json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& finding : findings)
      all.push_back({{"subject", finding.subject},
                     {"verdict", word(finding.verdict)},
                     {"text", finding.text},
                     {"advice", finding.advice}});
    std::puts(nlohmann::ordered_json{{"findings", all}, {"problems", problems}, {"warnings", warnings}}.dump(2).c_str());
  } else {
    std::size_t widest = 0;
    for (const auto& finding : findings) widest = std::max(widest, finding.subject.size());
    for (const auto& finding : findings) {
      std::fputs(fmt::format("{:<8} {:<{}}  {}\n", word(finding.verdict), finding.subject, widest, finding.text).c_str(),
                 stdout);
      if (!finding.advice.empty()) std::fputs(fmt::format("{:{}}-> {}\n", "", widest + 11, finding.advice).c_str(), stdout);
    }
    std::fputs(problems + warnings == 0 ? "All is well.\n"
                                        : fmt::format("{} problem(s), {} warning(s).\n", problems, warnings).c_str(),
               stdout);
  }
  return problems == 0 ? 0 : exit_code(ErrorKind::verification);
}

}  // namespace plexus
