#include <plexus/host/command_line.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

namespace po = boost::program_options;

std::int64_t whole_number(const std::string& text) {
  const auto value = parse_integer(text);
  if (!value) throw std::invalid_argument("a whole number");
  return *value;
}

}  // namespace

CommandLine::CommandLine(std::string verb, std::string usage, std::string about)
    : verb_(std::move(verb)), usage_(std::move(usage)), about_(std::move(about)) {
  const char* level = std::getenv("PLEXUS_LOG_LEVEL");
  log_level_ = level != nullptr && *level != '\0' ? level : "info";
}

CommandLine& CommandLine::add(Item item) {
  options_.push_back(std::move(item));
  argument_was_last_ = false;
  return *this;
}

CommandLine& CommandLine::add_argument(Item item) {
  item.is_argument = true;
  arguments_.push_back(std::move(item));
  argument_was_last_ = true;
  return *this;
}

CommandLine::Item& CommandLine::last() { return argument_was_last_ ? arguments_.back() : options_.back(); }

CommandLine& CommandLine::flag(std::string name, char letter, bool& member, std::string doc) {
  Item item{std::move(name), letter, "", std::move(doc)};
  item.is_flag = true;
  item.take = [&member](const std::string&) { member = true; };
  return add(std::move(item));
}

CommandLine& CommandLine::option(std::string name, char letter, std::string& member, std::string value, std::string doc) {
  Item item{std::move(name), letter, std::move(value), std::move(doc), member};
  item.take = [&member](const std::string& text) { member = text; };
  return add(std::move(item));
}

CommandLine& CommandLine::option(std::string name, char letter, std::filesystem::path& member, std::string value,
                                 std::string doc) {
  Item item{std::move(name), letter, std::move(value), std::move(doc), member.string()};
  item.take = [&member](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("a path");
    member = text;
  };
  return add(std::move(item));
}

CommandLine& CommandLine::option(std::string name, char letter, std::int64_t& member, std::string value, std::string doc) {
  Item item{std::move(name), letter, std::move(value), std::move(doc), std::to_string(member)};
  item.take = [&member](const std::string& text) { member = whole_number(text); };
  return add(std::move(item));
}

CommandLine& CommandLine::option(std::string name, char letter, double& member, std::string value, std::string doc) {
  Item item{std::move(name), letter, std::move(value), std::move(doc), format_real(member)};
  item.take = [&member](const std::string& text) {
    const auto number = parse_real(text);
    if (!number) throw std::invalid_argument("a number");
    member = *number;
  };
  return add(std::move(item));
}

CommandLine& CommandLine::option(std::string name, char letter, std::vector<std::string>& member, std::string value,
                                 std::string doc) {
  Item item{std::move(name), letter, std::move(value), std::move(doc), join(member, ", ")};
  item.is_list = true;
  item.take = [&member](const std::string& text) { member.push_back(text); };
  return add(std::move(item));
}

CommandLine& CommandLine::argument(std::string name, std::string& member, std::string doc) {
  Item item{std::move(name), '\0', "", std::move(doc), member};
  item.take = [&member](const std::string& text) { member = text; };
  return add_argument(std::move(item));
}

CommandLine& CommandLine::argument(std::string name, std::filesystem::path& member, std::string doc) {
  Item item{std::move(name), '\0', "", std::move(doc), member.string()};
  item.take = [&member](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("a path");
    member = text;
  };
  return add_argument(std::move(item));
}

CommandLine& CommandLine::argument(std::string name, std::vector<std::string>& member, std::string doc) {
  Item item{std::move(name), '\0', "", std::move(doc)};
  item.is_list = true;
  item.take = [&member](const std::string& text) { member.push_back(text); };
  return add_argument(std::move(item));
}

CommandLine& CommandLine::needed() {
  last().is_needed = true;
  return *this;
}

CommandLine& CommandLine::one_of(std::vector<std::string> choices) {
  last().choices = std::move(choices);
  return *this;
}

CommandLine& CommandLine::group(std::string heading) {
  last().heading = std::move(heading);
  return *this;
}

CommandLine& CommandLine::example(std::string command, std::string meaning) {
  examples_.emplace_back(std::move(command), std::move(meaning));
  return *this;
}

bool CommandLine::given(const std::string& name) const {
  for (const auto* items : {&options_, &arguments_})
    for (const auto& item : *items)
      if (item.name == name) return item.was_given;
  throw std::logic_error("no option '" + name + "' was declared");
}

void CommandLine::take(Item& item, const std::string& text) {
  const std::string shown = item.is_argument ? item.name : "option '--" + item.name + "'";
  item.was_given = true;
  if (!item.choices.empty()) {
    for (const auto& choice : item.choices)
      if (choice == text) return item.take(text);
    throw Error(ErrorKind::usage, fmt::format("{} takes {}, not '{}'", shown, join(item.choices, ", "), text), "",
                nearest(text, item.choices).empty() ? "" : fmt::format("did you mean '{}'?", nearest(text, item.choices)));
  }
  try {
    item.take(text);
  } catch (const std::invalid_argument& expected) {
    throw Error(ErrorKind::usage, fmt::format("{} takes {}, not '{}'", shown, expected.what(), text));
  }
}

void CommandLine::take_arguments(const std::vector<std::string>& values) {
  std::size_t next = 0;
  for (auto& item : arguments_) {
    if (item.is_list) {
      while (next < values.size()) take(item, values[next++]);
    } else if (next < values.size()) {
      take(item, values[next++]);
    }
  }
  if (next < values.size()) {
    throw Error(ErrorKind::usage, fmt::format("unexpected argument '{}'", values[next]), "",
                fmt::format("usage: plexus {} {}", verb_, usage_));
  }
}

bool CommandLine::parse(const std::vector<std::string>& args) {
  bool help_wanted = false;
  flag("help", 'h', help_wanted, "show this text").group("Messages");
  flag("quiet", 'q', quiet_, "only warnings and errors").group("Messages");
  flag("verbose", 'v', verbose_, "more detail").group("Messages");
  option("log-level", '\0', log_level_, "LEVEL", "debug, info, warning, error or off (PLEXUS_LOG_LEVEL)").group("Messages");
  option("progress", '\0', progress_, "STYLE", "auto, plain, json or none").group("Messages");
  one_of({"auto", "plain", "json", "none"});

  po::options_description described;
  for (const auto& item : options_) {
    const std::string names = item.letter == '\0' ? item.name : item.name + "," + item.letter;
    if (item.is_flag)
      described.add_options()(names.c_str(), "");
    else
      described.add_options()(names.c_str(), po::value<std::string>(), "");
  }
  // What the user wrote, token by token; binding is ours, so that all faults are found together.
  std::vector<po::option> parsed;
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    parsed = po::command_line_parser(args).options(described).style(style).allow_unregistered().run().options;
  } catch (const po::error_with_option_name& error) {
    for (const auto& arg : args)
      if (arg == "-h" || arg == "--help") help_wanted = true;
    if (!help_wanted) throw Error(ErrorKind::usage, error.what(), "", fmt::format("see 'plexus {} --help'", verb_));
  }

  ErrorList errors;
  std::vector<std::string> values;
  for (const auto& found : parsed) {
    if (found.position_key >= 0) {
      values.insert(values.end(), found.value.begin(), found.value.end());
      continue;
    }
    if (found.unregistered) {
      std::vector<std::string> names;
      for (const auto& item : options_) names.push_back("--" + item.name);
      const std::string& written = found.original_tokens.front();
      const std::string bare = written.substr(0, written.find('='));
      const std::string near = nearest(bare, names);
      errors.add(Error(ErrorKind::usage, fmt::format("unknown option '{}'", bare), "",
                       near.empty() ? fmt::format("see 'plexus {} --help'", verb_) : fmt::format("did you mean '{}'?", near)));
      continue;
    }
    for (auto& item : options_) {
      if (item.name != found.string_key) continue;
      if (item.was_given && !item.is_list) {
        errors.add(Error(ErrorKind::usage, fmt::format("option '--{}' is given twice", item.name)));
      } else if (item.is_flag) {
        item.was_given = true;
        item.take("");
      } else {
        errors.attempt([&] { take(item, found.value.empty() ? "" : found.value.front()); });
      }
    }
  }
  if (help_wanted) {
    std::fputs(help().c_str(), stdout);
    return false;
  }
  errors.attempt([&] { take_arguments(values); });
  for (const auto& item : options_)
    if (item.is_needed && !item.was_given)
      errors.add(Error(ErrorKind::usage, fmt::format("option '--{}' is needed", item.name), "", item.doc));
  for (const auto& item : arguments_)
    if (item.is_needed && !item.was_given)
      errors.add(Error(ErrorKind::usage, fmt::format("{} is missing", item.name), "",
                       fmt::format("usage: plexus {} {}", verb_, usage_)));
  if (keep_going_ && shared_.fail_fast)
    errors.add(Error(ErrorKind::usage, "'--keep-going' and '--fail-fast' exclude each other"));
  if (quiet_ && verbose_) errors.add(Error(ErrorKind::usage, "'--quiet' and '--verbose' exclude each other"));
  errors.raise();
  apply_talk();
  return true;
}

void CommandLine::apply_talk() const {
  Level level = log::parse_level(log_level_);
  if (!given("log-level")) level = quiet_ ? Level::warning : verbose_ ? Level::debug : level;
  log::set_level(level);
  const bool silent = quiet_ && !given("progress");
  set_progress_style(silent ? ProgressStyle::none : parse_progress_style(progress_));
}

}  // namespace plexus
