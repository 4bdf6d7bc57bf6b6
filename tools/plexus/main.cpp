// The program `plexus`: finds the verb, loads the host library for it, and turns errors into exit codes (docs: README.md).
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/fault.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/sdk/version.hpp>

namespace {

struct Listed {
  const char* name;
  const char* summary;
};
constexpr Listed kVerbs[] = {
#define PLEXUS_VERB(name, summary) {#name, summary},
#include <plexus/host/commands/verbs.inc>
#undef PLEXUS_VERB
};

std::string help() {
  std::string text = "Plexus " PLEXUS_VERSION
                     ": medical images in, trained models and measured results out.\n"
                     "\nUsage: plexus VERB [options]\n\nVerbs:\n";
  for (const auto& verb : kVerbs) text += fmt::format("  {:<12}{}\n", verb.name, verb.summary);
  text +=
      "\nOptions:\n"
      "  -h, --help     show this text; 'plexus VERB --help' explains a verb\n"
      "      --version  show the version\n"
      "\nResults go to stdout, messages to stderr. Exit codes: 0 done, 1 fault of Plexus, 2 command line,\n"
      "3 pipeline file or option, 4 plugin, 5 data, 6 some cases failed, 7 memory or disk, 8 check failed,\n"
      "130 and 143 stopped by Ctrl-C or SIGTERM.\n"
      "\nA start:\n"
      "  plexus doctor           is everything in place?\n"
      "  plexus plugins list     which models, data sets and metrics are there?\n";
  return text;
}

int run_verb(const std::string& verb, const std::vector<std::string>& args) {
  // OpenMP's threads spin while they wait for each other. Its default, some 10 ms, makes a training 70 times slower once
  // another process wants a core; 10000 rounds cost nothing measurable on an idle machine.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "10000", 0);
  // Beside libplexus_base, in the build tree as in an installation.
  Dl_info base{};
  std::filesystem::path library = "libplexus_host.so";
  if (dladdr(reinterpret_cast<void*>(&plexus::exit_code), &base) != 0 && base.dli_fname != nullptr)
    library = std::filesystem::path(base.dli_fname).parent_path() / library;
  void* const host = dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  void* const entry = host == nullptr ? nullptr : dlsym(host, "plexus_run_verb");
  if (entry == nullptr) {
    const char* why = dlerror();
    throw plexus::Error(plexus::ErrorKind::resource,
                        fmt::format("Plexus cannot start: {}", why == nullptr ? "unknown reason" : why), "",
                        "a library is missing or was moved; run ./tools/setup and build again");
  }
  return reinterpret_cast<int (*)(const std::string&, const std::vector<std::string>&)>(entry)(verb, args);
}

int dispatch(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "-h" || args[0] == "--help" || args[0] == "help") {
    std::fputs(help().c_str(), stdout);
    return 0;
  }
  if (args[0] == "--version") {
    std::puts("plexus " PLEXUS_VERSION);
    return 0;
  }
  std::vector<std::string> names;
  for (const auto& verb : kVerbs) {
    if (args[0] == verb.name) return run_verb(args[0], {args.begin() + 1, args.end()});
    names.emplace_back(verb.name);
  }
  const bool is_option = args[0].rfind('-', 0) == 0;
  if (is_option) names = {"--help", "--version"};
  const std::string near = plexus::nearest(args[0], names);
  throw plexus::Error(plexus::ErrorKind::usage, fmt::format("unknown {} '{}'", is_option ? "option" : "verb", args[0]), "",
                      near.empty() ? "'plexus --help' lists the verbs" : fmt::format("did you mean '{}'?", near));
}

void complain(const plexus::Error& error) {
  plexus::log::status("");
  const std::string where = error.where().empty() ? "" : error.where() + ": ";
  std::string text = fmt::format("plexus: {}{}\n", where, error.message());
  if (!error.hint().empty()) text += fmt::format("  hint: {}\n", error.hint());
  std::fputs(text.c_str(), stderr);
}

int out_of_memory() {
  complain(plexus::Error(plexus::ErrorKind::resource, "out of memory", "",
                         "give it more, or use a smaller batch, patch or cache, or fewer --jobs"));
  return plexus::exit_code(plexus::ErrorKind::resource);
}

int guarded(const std::vector<std::string>& args) {
  try {
    const int code = dispatch(args);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw plexus::Error(plexus::ErrorKind::resource, "the results could not be written to stdout", "", "is the disk full?");
    return code;
  } catch (const plexus::Errors& several) {
    for (const auto& error : several.all()) complain(error);
    return plexus::exit_code(several.kind());
  } catch (const plexus::Error& error) {
    complain(error);
    return plexus::exit_code(error.kind());
  } catch (const std::exception& error) {
    if (plexus::is_memory_fault(error)) return out_of_memory();
    plexus::log::status("");
    const std::string text = fmt::format(
        "plexus: a fault of Plexus, not yours: {}\n  hint: please report it with the command line and this text\n",
        plexus::first_line(error));
    std::fputs(text.c_str(), stderr);
    return plexus::exit_code(plexus::ErrorKind::internal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  plexus::install_stop_handlers();
  unsetenv("ITK_AUTOLOAD_PATH");  // ITK would run every library in those folders
  return guarded({argv + 1, argv + argc});
}
