#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace plexus {

// Options that several verbs share, with the same name, letter and meaning everywhere.
struct CommonOptions {
  std::string device = "cpu";         // cpu, cuda, cuda:N
  int jobs = 0;                       // data workers; set to a default from the machine
  int compute_threads = 0;            // LibTorch's; likewise
  std::uint64_t memory_limit = 0;     // bytes; 0: none but the machine's
  std::optional<std::uint64_t> seed;  // over what the pipeline says
  bool deterministic = false;
  std::string resume = "auto";  // auto, never, must
  bool overwrite = false, dry_run = false;
  bool fail_fast = false;                          // false: keep going
  std::vector<std::filesystem::path> plugin_path;  // folders before all others
  std::vector<std::string> set;                    // key=value
  bool json = false;                               // results on stdout as JSON
};

// Which of them a verb takes, besides -h, -q, -v, --log-level and --progress, which all verbs take.
enum class Common {
  device,
  jobs,
  compute_threads,
  memory_limit,
  seed,
  deterministic,
  resume,
  overwrite,
  dry_run,
  keep_going,
  plugin_path,
  set,
  json,
  case_jobs  // jobs, of which each calculates on one core: by default as many as there are cores
};

// The command line of one verb: its options are declared with the member that holds each, whose present value is the
// default that --help shows. Names are given without dashes; `letter` is '\0' where there is no short form.
//
//   CommandLine line("predict", "[options]", "Segments images with a trained model.");
//   line.option("input", 'i', input, "PATH", "image, or folder of images").needed();
//   line.common({Common::device, Common::jobs});
//   line.example("plexus predict -m diffrect --checkpoint best.pth -i scan.nii.gz -o out", "one scan");
//   if (!line.parse(args)) return 0;   // --help was asked for and printed
//   line.shared().device
class CommandLine {
 public:
  CommandLine(std::string verb, std::string usage, std::string about);

  CommandLine& flag(std::string name, char letter, bool& member, std::string doc);
  CommandLine& option(std::string name, char letter, std::string& member, std::string value, std::string doc);
  CommandLine& option(std::string name, char letter, std::filesystem::path& member, std::string value, std::string doc);
  CommandLine& option(std::string name, char letter, std::int64_t& member, std::string value, std::string doc);
  CommandLine& option(std::string name, char letter, double& member, std::string value, std::string doc);
  CommandLine& option(std::string name, char letter, std::vector<std::string>& member, std::string value,
                      std::string doc);  // repeatable
  // The next argument without a name; one that takes a list comes last and takes the rest.
  CommandLine& argument(std::string name, std::string& member, std::string doc);
  CommandLine& argument(std::string name, std::filesystem::path& member, std::string doc);
  CommandLine& argument(std::string name, std::vector<std::string>& member, std::string doc);
  // Of what was declared last: must be given; one of these values; heading above it in --help.
  CommandLine& needed();
  CommandLine& one_of(std::vector<std::string> choices);
  CommandLine& group(std::string heading);
  CommandLine& common(const std::vector<Common>& taken);
  CommandLine& example(std::string command, std::string meaning);

  // False where -h/--help was given: the help is then on stdout. Throws Error(usage) (Errors where several things are
  // wrong): unknown or repeated option with the nearest name, value missing or wrong, argument missing or too many.
  // Applies log level and progress style.
  bool parse(const std::vector<std::string>& args);
  const CommonOptions& shared() const noexcept { return shared_; }
  bool given(const std::string& name) const;  // option or argument was written on the command line
  std::string help() const;

 private:
  struct Item {
    std::string name;
    char letter = '\0';
    std::string value = {}, doc = {}, initial = {}, heading = {};
    std::vector<std::string> choices = {};
    bool is_flag = false, is_list = false, is_argument = false, is_needed = false, was_given = false;
    std::function<void(const std::string&)> take = {};  // throws std::invalid_argument: what was expected
  };
  CommandLine& add(Item item);
  CommandLine& add_argument(Item item);
  Item& last();
  void take(Item& item, const std::string& text);
  void take_arguments(const std::vector<std::string>& values);
  void apply_talk() const;

  std::string verb_, usage_, about_, log_level_, progress_ = "auto";
  bool quiet_ = false, verbose_ = false, keep_going_ = false;
  std::vector<Item> options_, arguments_;
  bool argument_was_last_ = false;
  std::vector<std::pair<std::string, std::string>> examples_;
  CommonOptions shared_;
};

// A verb of the tool, or of a verb that has some itself ("plugins list").
struct Verb {
  std::string name, summary;
  int (*run)(const std::vector<std::string>& args);
};

// Runs the verb that args name first; prints the list of verbs for -h/--help, or where args are empty. `program`:
// "plexus plugins". Throws Error(usage) naming the nearest verb.
int dispatch(const std::string& program, const std::string& about, const std::vector<Verb>& verbs,
             const std::vector<std::string>& args);

}  // namespace plexus
