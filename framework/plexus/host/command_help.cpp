#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/command_line.hpp>

namespace plexus {
namespace {

constexpr std::size_t kWidth = 100;  // of a line of help
constexpr std::size_t kLabels = 28;  // widest label that has its text on the same line

// "  label      text", the text broken at spaces and indented.
std::string entry(const std::string& label, const std::string& text, std::size_t indent) {
  std::string lines = "  " + label;
  if (lines.size() + 2 > indent)
    lines += "\n" + std::string(indent, ' ');
  else
    lines.append(indent - lines.size(), ' ');
  std::size_t column = indent;
  for (const auto& word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > kWidth) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines + "\n";
}

}  // namespace

std::string CommandLine::help() const {
  const auto label = [](const Item& item) {
    if (item.is_argument) return item.is_list ? item.name + "…" : item.name;
    std::string text = item.letter == '\0' ? "    --" : fmt::format("-{}, --", item.letter);
    text += item.name;
    return item.value.empty() ? text : text + " " + item.value;
  };
  const auto meaning = [](const Item& item) {
    std::string text = item.doc;
    if (item.is_needed)
      text += " (needed)";
    else if (!item.initial.empty())
      text += fmt::format(" (default: {})", item.initial);
    return text;
  };

  std::size_t widest = 0;
  for (const auto* items : {&arguments_, &options_})
    for (const auto& item : *items) widest = std::max(widest, label(item).size());
  const std::size_t indent = std::min(widest, kLabels) + 4;

  std::string text = fmt::format("{}\n\nUsage: plexus {} {}\n", about_, verb_, usage_);
  if (!arguments_.empty()) text += "\nArguments:\n";
  for (const auto& item : arguments_) text += entry(label(item), meaning(item), indent);
  std::vector<std::string> headings;
  for (const auto& item : options_)
    if (std::find(headings.begin(), headings.end(), item.heading) == headings.end()) headings.push_back(item.heading);
  for (const auto& heading : headings) {
    text += fmt::format("\n{}:\n", heading.empty() ? "Options" : heading);
    for (const auto& item : options_)
      if (item.heading == heading) text += entry(label(item), meaning(item), indent);
  }
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const auto& [command, what] : examples_) text += fmt::format("  # {}\n  {}\n", what, command);
  return text;
}

int dispatch(const std::string& program, const std::string& about, const std::vector<Verb>& verbs,
             const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "-h" || args[0] == "--help") {
    std::size_t widest = 0;
    for (const auto& verb : verbs) widest = std::max(widest, verb.name.size());
    std::string text = fmt::format("{}\n\nUsage: {} VERB [options]\n\nVerbs:\n", about, program);
    for (const auto& verb : verbs) text += entry(verb.name, verb.summary, widest + 4);
    text += fmt::format("\n'{} VERB --help' explains a verb.\n", program);
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  std::vector<std::string> names;
  for (const auto& verb : verbs) {
    if (verb.name == args[0]) return verb.run({args.begin() + 1, args.end()});
    names.push_back(verb.name);
  }
  const std::string near = nearest(args[0], names);
  const bool is_option = args[0].rfind('-', 0) == 0;
  throw Error(ErrorKind::usage, fmt::format("{} knows no {} '{}'", program, is_option ? "option" : "verb", args[0]), "",
              near.empty() ? fmt::format("verbs: {}", join(names, ", ")) : fmt::format("did you mean '{}'?", near));
}

}  // namespace plexus
