// plexus-parity: runs parity cases against the framework's and the plugins' own code (see subject.hpp).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>

#include "case.hpp"
#include "compare.hpp"
#include "register_all.hpp"

namespace {

using namespace plexus;
using namespace plexus::parity;

constexpr const char* kUsage =
    "usage: plexus-parity [--cases DIR] [--shared DIR] [--filter GLOB] [--known FILE] [--json]\n"
    "  --cases DIR    cases, *.json below it (default: the copies in tests/parity)\n"
    "  --shared DIR   where checkpoints and data of cases lie (default: PLEXUS_SHARED, else ../shared)\n"
    "  --filter GLOB  only cases whose name, folder/name or subject matches\n"
    "  --known FILE   cases that fail for a reason that is known, 'CASE REASON' a line: they are counted as failed, but only\n"
    "                 others, and those of them that pass, make the exit code 8\n"
    "  --json         results as JSON on the standard output\n"
    "exit code: 0 all that ran passed, 8 some failed, 2 usage, 5 no such folder\n";

struct Arguments {
  std::filesystem::path cases = std::filesystem::path(PLEXUS_SOURCE_DIR) / "tests" / "parity";
  std::filesystem::path shared;
  std::string filter = "*";
  std::map<std::string, std::string> known;  // case: reason
  bool json = false, help = false;
};

std::map<std::string, std::string> known_failures(const std::filesystem::path& file);

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  const auto* given = std::getenv("PLEXUS_SHARED");
  arguments.shared = given != nullptr ? given : std::filesystem::path(PLEXUS_SOURCE_DIR).parent_path() / "shared";
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const auto name = words[i].substr(0, equals);
    const auto value = [&] {
      if (equals != std::string::npos) return words[i].substr(equals + 1);
      if (i + 1 == words.size()) throw Error(ErrorKind::usage, name + " needs a value");
      return words[++i];
    };
    if (name == "--cases")
      arguments.cases = value();
    else if (name == "--shared")
      arguments.shared = value();
    else if (name == "--filter")
      arguments.filter = value();
    else if (name == "--known")
      arguments.known = known_failures(value());
    else if (words[i] == "--json")
      arguments.json = true;
    else if (words[i] == "--help" || words[i] == "-h")
      arguments.help = true;
    else
      throw Error(ErrorKind::usage, "unknown option '" + name + "'" +
                                        did_you_mean(name, {"--cases", "--shared", "--filter", "--known", "--json", "--help"}));
  }
  if (!std::filesystem::is_directory(arguments.cases)) throw Error(ErrorKind::data, "no such folder", arguments.cases.string());
  return arguments;
}

std::map<std::string, std::string> known_failures(const std::filesystem::path& file) {
  std::map<std::string, std::string> known;
  for (const auto& line : split(read_file(file), '\n'))
    if (const auto space = line.find(' '); space != std::string::npos && line[0] != '#') known[line.substr(0, space)] = line.substr(space + 1);
  return known;
}

struct Result {
  std::string name, subject, status, message;  // status: passed, failed, skipped
  double tolerance = 0, seconds = 0;
  Verdict verdict;
};

Result run(const std::filesystem::path& path, const Arguments& arguments, const Subjects& subjects) {
  Result result;
  result.name = path.stem().string();
  const auto begin = std::chrono::steady_clock::now();
  try {
    const auto file = read_case(path);
    result.name = file.name();
    result.subject = file.subject();
    result.tolerance = file.content.at("tolerance").get<double>();
    const auto* subject = subjects.find(result.subject);
    if (subject == nullptr) throw std::runtime_error("unknown subject '" + result.subject + "'");
    for (const auto& needed : file.needs(arguments.shared)) {
      if (!std::filesystem::exists(needed)) {
        result.status = "skipped";
        result.message = needed.string() + " is not there";
        return result;
      }
    }
    result.verdict = compare(file.content, (*subject)(file.make(arguments.shared)));
    result.status = result.verdict.passed ? "passed" : "failed";
    result.message = result.verdict.problem;
  } catch (const std::exception& problem) {
    result.status = "failed";
    result.message = problem.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

void print(const Result& result) {
  const auto word = result.status == "passed" ? "PASS" : result.status == "failed" ? "FAIL" : "SKIP";
  std::cout << fmt::format("{} {:<32}", word, result.name);
  if (!result.verdict.where.empty()) {
    std::cout << fmt::format(" worst {:.2e} of {:.0e} at {}", result.verdict.worst, result.tolerance, result.verdict.where);
  }
  if (!result.message.empty()) std::cout << ' ' << result.message.substr(0, result.message.find('\n'));
  std::cout << fmt::format(" ({:.1f} s)", result.seconds) << std::endl;
}

nlohmann::json as_json(const Result& result) {
  return {{"case", result.name},           {"subject", result.subject},     {"status", result.status},
          {"worst", result.verdict.worst}, {"where", result.verdict.where}, {"tolerance", result.tolerance},
          {"message", result.message},     {"seconds", result.seconds}};
}

bool selected(const std::filesystem::path& path, const std::string& filter) {
  const auto name = path.stem().string();
  if (matches(filter, name) || matches(filter, path.parent_path().filename().string() + "/" + name)) return true;
  try {
    return matches(filter, read_case(path).subject());
  } catch (const std::exception&) {
    return false;
  }
}

int run_all(const Arguments& arguments) {
  Subjects subjects;
  register_all(subjects);
  int passed = 0, failed = 0, skipped = 0, surprises = 0;
  auto all = nlohmann::json::array();
  for (const auto& path : case_files(arguments.cases)) {
    if (!selected(path, arguments.filter)) continue;
    auto result = run(path, arguments, subjects);
    const auto known = arguments.known.find(result.name);
    if (known != arguments.known.end() && result.status == "passed") result.message = "is listed as failing: take it off the list";
    if (known != arguments.known.end() && result.status == "failed") result.message += " known: " + known->second;
    surprises += (known == arguments.known.end()) == (result.status == "failed") && result.status != "skipped";
    ++(result.status == "passed" ? passed : result.status == "failed" ? failed : skipped);
    if (arguments.json)
      all.push_back(as_json(result));
    else
      print(result);
  }
  if (passed + failed + skipped == 0) {
    throw Error(ErrorKind::usage, "no case matches '" + arguments.filter + "'", arguments.cases.string());
  }
  if (arguments.json) {
    std::cout << nlohmann::json{{"cases", all}, {"passed", passed}, {"failed", failed}, {"skipped", skipped}}.dump(1) << '\n';
  }
  (arguments.json ? std::cerr : std::cout) << fmt::format("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return surprises == 0 ? 0 : exit_code(ErrorKind::verification);
}

}  // namespace

int main(int count, char** words) {
  try {
    const auto arguments = parse({words + 1, words + count});
    if (arguments.help) {
      std::cout << kUsage;
      return 0;
    }
    return run_all(arguments);
  } catch (const Error& error) {
    std::cerr << "plexus-parity: " << error.what() << '\n';
    if (error.kind() == ErrorKind::usage) std::cerr << kUsage;
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    std::cerr << "plexus-parity: " << error.what() << '\n';
    return exit_code(ErrorKind::internal);
  }
}
