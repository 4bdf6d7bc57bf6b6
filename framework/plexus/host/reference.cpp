#include <plexus/host/reference.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

using Json = nlohmann::ordered_json;

// Meaning, with all that has no column of its own.
std::string meaning(const Option& option) {
  std::string text = option.doc;
  const bool sentence = text.ends_with('.');
  const auto add = [&](const char* word, const char* begun, const std::string& what) {
    if (!what.empty()) text += sentence ? fmt::format(" {}: {}.", begun, what) : fmt::format("; {}: {}", word, what);
  };
  add("also", "Also", join(option.aliases, ", "));
  add("deprecated", "Deprecated", option.deprecation);
  return text;
}

std::string default_text(const Option& option) { return option.is_required ? "(needed)" : flow_text(option.initial); }

std::string type_text(const Option& option) {
  return option.unit_text.empty() ? option.type : fmt::format("{}, {}", option.type, option.unit_text);
}

Json option_json(const Option& option) {
  Json json = {{"name", option.name}, {"type", option.type}, {"default", Json::parse(option.initial.json())}};
  if (!option.unit_text.empty()) json["unit"] = option.unit_text;
  // JSON has no infinity: a bound that is missing is none.
  const auto bound = [](double value) { return Json::parse(Node::literal(format_real(value)).json()); };
  if (option.low) json["low"] = bound(*option.low);
  if (option.high && *option.high < std::numeric_limits<double>::infinity()) json["high"] = bound(*option.high);
  if (!option.choices.empty()) json["choices"] = option.choices;
  if (!option.aliases.empty()) json["aliases"] = option.aliases;
  if (!option.deprecation.empty()) json["deprecated"] = option.deprecation;
  json["required"] = option.is_required;
  json["path"] = option.is_path;
  json["affects_results"] = option.affects_results;
  json["doc"] = option.doc;
  return json;
}

std::string cell(std::string text) {  // of a Markdown table
  std::string safe;
  for (const char c : text) safe += c == '|' ? std::string("\\|") : c == '\n' ? std::string(" ") : std::string(1, c);
  return safe;
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string lines;
  std::size_t column = indent;
  for (const auto& word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > width) {
      lines += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) lines += ' ', ++column;
    lines += word;
    column += word.size();
  }
  return lines;
}

// "key: value" lines with their meanings above them. What has a default stands in a comment: written out, it would win over
// a preset chosen later.
std::string commented(const Offer& offer, const std::string& indent) {
  const bool short_name = offer.plugin == offer.name || offer.plugin == "plexus";
  std::string text = fmt::format("{}plugin: {}\n", indent, short_name ? offer.name : offer.plugin + "." + offer.name);
  const auto options = offer.options();
  for (const auto& option : options->all()) {
    const std::string values = allowed_values(option);
    text += fmt::format("{}# {}; {}{}\n", indent, option.doc, type_text(option), values.empty() ? "" : ": " + values);
    if (option.is_required)
      text += fmt::format("{}{}: TO_FILL_IN\n", indent, option.name);
    else
      text += fmt::format("{}# {}: {}\n", indent, option.name, flow_text(option.initial));
  }
  return text;
}

std::vector<Offer> of_kind(const std::vector<Offer>& offers, const std::string& kind) {
  std::vector<Offer> some;
  std::copy_if(offers.begin(), offers.end(), std::back_inserter(some), [&](const Offer& offer) { return offer.kind == kind; });
  return some;
}

std::string listed(const std::vector<Offer>& offers, const std::string& indent) {
  std::string text;
  for (const auto& offer : offers) {
    std::string item = commented(offer, indent + "  ");
    item[indent.size()] = '-';
    text += item;
  }
  return text;
}

}  // namespace

std::string allowed_values(const Option& option) {
  if (!option.choices.empty()) return join(option.choices, " | ");
  if (!option.low && !option.high) return "";
  const double infinity = std::numeric_limits<double>::infinity();
  return fmt::format("[{}, {}]", format_real(option.low.value_or(-infinity)), format_real(option.high.value_or(infinity)));
}

std::string flow_text(const Node& value) {
  std::vector<std::string> parts;
  switch (value.kind()) {
    case Node::Kind::null:
      return "";
    case Node::Kind::scalar: {
      const std::string& text = value.text();
      const bool plain = !text.empty() && text.find_first_of("#:{}[],&*!|>'\"%@`\n") == std::string::npos &&
                         text.front() != ' ' && text.back() != ' ' && text != "-" && text != "~" && text != "null";
      return plain ? text : json_string(text);
    }
    case Node::Kind::list:
      for (const auto& item : value.items()) parts.push_back(flow_text(item));
      return "[" + join(parts, ", ") + "]";
    case Node::Kind::map:
      for (const auto& [key, item] : value.entries()) parts.push_back(key + ": " + flow_text(item));
      return "{" + join(parts, ", ") + "}";
  }
  return "";
}

std::string reference_text(const std::vector<Offer>& offers) {
  constexpr std::size_t kWidest = 34, kWidth = 120;
  std::string text;
  for (const auto& offer : offers) {
    text += fmt::format("{}{} {}: {}\n", text.empty() ? "" : "\n", offer.kind, offer.name, offer.summary);
    const auto options = offer.options();
    std::vector<std::array<std::string, 4>> rows{{"option", "type", "default", "values"}};
    for (const auto& option : options->all())
      rows.push_back({option.name, type_text(option), default_text(option), allowed_values(option)});
    if (rows.size() == 1) {
      text += "  no options\n";
      continue;
    }
    std::array<std::size_t, 4> widths{};
    for (const auto& row : rows)
      for (std::size_t i = 0; i < 4; ++i) widths[i] = std::max(widths[i], std::min(row[i].size(), kWidest));
    const std::size_t indent = 4 + widths[0] + 2;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::string line = "  ";
      for (std::size_t column = 0; column < 4; ++column) line += fmt::format("{:<{}}  ", rows[i][column], widths[column]);
      text += std::string(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(line.find_last_not_of(' ') + 1)) + "\n";
      if (i > 0) text += std::string(indent, ' ') + wrapped(meaning(options->all()[i - 1]), indent, kWidth) + "\n";
    }
    for (const auto& preset : options->presets()) {
      text += fmt::format("  preset {}: {}\n", preset.name, preset.doc);
      for (const auto& [key, value] : preset.values) text += fmt::format("    {}: {}\n", key, value);
    }
  }
  return text;
}

std::string reference_markdown(const std::vector<Offer>& offers) {
  std::string text;
  for (const auto& offer : offers) {
    text += fmt::format("{}## {} `{}`\n\n{} (plugin `{}`)\n", text.empty() ? "" : "\n", offer.kind, offer.name, offer.summary,
                        offer.plugin);
    const auto options = offer.options();
    if (options->all().empty()) {
      text += "\nNo options.\n";
      continue;
    }
    text += "\n| option | type | default | values | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& option : options->all()) {
      text += fmt::format("| `{}` | {} | {} | {} | {} |\n", option.name, cell(type_text(option)), cell(default_text(option)),
                          cell(allowed_values(option)), cell(meaning(option)));
    }
    for (const auto& preset : options->presets()) {
      std::vector<std::string> values;
      for (const auto& [key, value] : preset.values) values.push_back(fmt::format("`{}: {}`", key, value));
      text += fmt::format("\nPreset `{}`: {}. {}\n", preset.name, preset.doc, join(values, ", "));
    }
  }
  return text;
}

std::string reference_json(const std::vector<Offer>& offers) {
  Json objects = Json::array();
  for (const auto& offer : offers) {
    const auto options = offer.options();
    Json described = Json::array(), presets = Json::array();
    for (const auto& option : options->all()) described.push_back(option_json(option));
    for (const auto& preset : options->presets()) {
      Json values = Json::object();
      for (const auto& [key, value] : preset.values) values[key] = value;
      presets.push_back({{"name", preset.name}, {"doc", preset.doc}, {"values", values}});
    }
    objects.push_back({{"plugin", offer.plugin},
                       {"kind", offer.kind},
                       {"name", offer.name},
                       {"summary", offer.summary},
                       {"options", std::move(described)},
                       {"presets", std::move(presets)}});
  }
  return Json{{"objects", std::move(objects)}}.dump(2) + "\n";
}

std::string starting_pipeline(const std::vector<Offer>& offers) {
  const auto datasets = of_kind(offers, "dataset"), models = of_kind(offers, "model"), trainers = of_kind(offers, "trainer");
  const auto transforms = of_kind(offers, "transform"), metrics = of_kind(offers, "metric"),
             preprocessors = of_kind(offers, "preprocessor");
  std::string text = "# A pipeline to start from: what is in capitals is yours to fill in.\n";
  text += "data:\n" + (datasets.empty() ? "  plugin: DATASET\n" : commented(datasets.front(), "  "));
  text += "stages:\n";
  for (const auto& offer : preprocessors) text += "  - prepare:\n      step:\n" + commented(offer, "        ");
  text += "  - train:\n      name: train\n";
  text += "      model:\n" + (models.empty() ? "        plugin: MODEL\n" : commented(models.front(), "        "));
  text += "      trainer:\n" + (trainers.empty() ? "        plugin: TRAINER\n" : commented(trainers.front(), "        "));
  if (!transforms.empty()) text += "      transforms:\n" + listed(transforms, "        ");
  text += "  - predict:\n      model: train\n      subset: test\n  - evaluate:\n      of: predict\n";
  text += metrics.empty() ? "      metrics: [dice, hd95]\n" : "      metrics:\n" + listed(metrics, "        ");
  return text + "  - report: {}\n";
}

}  // namespace plexus
