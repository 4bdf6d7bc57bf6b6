#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace plexus::html {

// A table cell: what is shown (HTML), and what the column is sorted by where that differs ("" : the text).
struct Cell {
  std::string content, key = {};
  bool number = false;
};

// Sortable by a click on its headings. `headings` are text, cells are HTML.
std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<Cell>>& rows);
// Two columns without heading: name (text) and value (HTML).
std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows);
std::string picture(std::string_view png, const std::string& description);  // embedded
// A whole page: `title` is text, `body` HTML. Its policy forbids the browser to fetch anything.
std::string page(const std::string& title, const std::string& body);

}  // namespace plexus::html
