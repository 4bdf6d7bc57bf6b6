#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plexus {

// The candidate nearest to the word (Damerau-Levenshtein, at most a third of its length off), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// "; did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::optional<double> parse_real(std::string_view text);       // whole text, "inf" and "nan" included; locale-free
std::optional<long long> parse_integer(std::string_view text);  // whole text; "1e4" and "1_000" are refused
std::optional<bool> parse_flag(std::string_view text);          // true false yes no on off
std::string format_real(double value);                          // shortest text that reads back to the same double
// Shell patterns: * ? [abc].
bool matches(std::string_view pattern, std::string_view text);
std::string html_escape(std::string_view text);
std::string json_string(std::string_view text);                 // quoted and escaped

}  // namespace plexus
