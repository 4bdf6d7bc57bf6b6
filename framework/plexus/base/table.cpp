#include <plexus/base/table.hpp>

#include <algorithm>
#include <stdexcept>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

// Columns on a screen, one for each code point.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// "0.85", "0.85 ± 0.02", and what stands for a missing number.
bool is_number(const std::string& cell) {
  if (cell.empty() || cell == "-" || cell == "–") return true;
  const auto words = split(cell, ' ');
  return parse_real(words.front()) && std::all_of(words.begin(), words.end(), [](const auto& word) {
           return word == "±" || word == "+-" || parse_real(word);
         });
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::vector<std::string> parts;
  for (const auto& cell : cells) parts.push_back(quoted(cell));
  // A line with one empty cell would otherwise read as no line.
  return (parts.size() == 1 && parts[0].empty() ? "\"\"" : join(parts, ",")) + "\n";
}

// Takes one line after another off a CSV text.
class CsvReader {
 public:
  CsvReader(const std::string& text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    // Spreadsheets of countries with a decimal comma write semicolons.
    const auto heading = text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_);
    if (heading.find(',') == std::string::npos && heading.find(';') != std::string::npos) separator_ = ';';
  }
  bool more() const { return at_ < text_.size(); }
  int line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells{cell()};
    while (take(separator_)) cells.push_back(cell());
    if (take('\r') && more() && text_[at_] != '\n') fail("a carriage return inside a cell without quotes");
    if (more() && !take('\n')) fail("text after a closing quote");
    ++line_;
    return cells;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::data, message, Location{name_, line_}.text());
  }

 private:
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string cell() {
    if (!take('"')) {
      const std::size_t start = at_;
      at_ = std::min(text_.find_first_of(std::string{separator_, '\r', '\n'}, at_), text_.size());
      return text_.substr(start, at_ - start);
    }
    std::string out;
    for (const int opened = line_; more(); ++at_) {
      if (text_[at_] == '"' && text_.compare(at_, 2, "\"\"") != 0) break;
      if (text_[at_] == '"') ++at_;  // a doubled quote stands for one
      if (text_[at_] == '\n') ++line_;
      out += text_[at_];
      if (at_ + 1 == text_.size()) line_ = opened;
    }
    if (!take('"')) fail("a quote that is never closed");
    return out;
  }

  const std::string& text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1;
  char separator_ = ',';
};

}  // namespace

Table::Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> row) {
  if (row.size() != columns_.size()) throw std::logic_error("a table row of another width");
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    widths.push_back(width(columns_[c]));
    numeric.push_back(!rows_.empty());
    for (const auto& row : rows_) {
      widths[c] = std::max(widths[c], width(row[c]));
      numeric[c] = numeric[c] && is_number(row[c]);
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string fill(widths[c] - width(cells[c]), ' ');
      text += (c ? "  " : "") + (numeric[c] ? fill + cells[c] : cells[c] + fill);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  line(columns_);
  for (const auto& row : rows_) line(row);
  return out;
}

std::string Table::csv() const {
  std::string out = csv_line(columns_);
  for (const auto& row : rows_) out += csv_line(row);
  return out;
}

Table Table::parse_csv(const std::string& text, const std::string& name) {
  CsvReader reader(text, name);
  if (!reader.more()) reader.fail("is empty, without a heading");
  Table table(reader.row());
  while (reader.more()) {
    const int line = reader.line();
    auto row = reader.row();
    if (row.size() != table.columns().size())
      throw Error(ErrorKind::data,
                  std::to_string(row.size()) + " cells where the heading has " + std::to_string(table.columns().size()),
                  Location{name, line}.text());
    table.add(std::move(row));
  }
  return table;
}

}  // namespace plexus
