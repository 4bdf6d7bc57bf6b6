#pragma once
#include <string>
#include <vector>

#include <plexus/host/plugins.hpp>

namespace plexus {

// What the offers and their options say of themselves, in four forms. They make no object and load no data.

// Aligned text for a terminal: option, type, default, values, meaning.
std::string reference_text(const std::vector<Offer>& offers);
// A page with one section an offer and one table of options each.
std::string reference_markdown(const std::vector<Offer>& offers);
// {"objects": [{"plugin", "kind", "name", "summary", "options": […], "presets": […]}]}
std::string reference_json(const std::vector<Offer>& offers);
// A pipeline file to start from, with the meaning and the default of every option as comments. What is needed, and what the
// offers do not cover, is left to the reader as a word in capitals.
std::string starting_pipeline(const std::vector<Offer>& offers);

// The values an option takes, for people: "[0, inf]", "linear | cosine", "" where any will do.
std::string allowed_values(const Option& option);
// A value on one line, as a pipeline file would have it.
std::string flow_text(const Node& value);

}  // namespace plexus
