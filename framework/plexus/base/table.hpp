#pragma once
#include <string>
#include <vector>

namespace plexus {

// Rows of text for people and machines.
class Table {
 public:
  explicit Table(std::vector<std::string> columns);
  void add(std::vector<std::string> row);  // one cell for each column, else std::logic_error
  const std::vector<std::string>& columns() const noexcept { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const noexcept { return rows_; }
  std::string text() const;  // aligned columns; those that hold numbers to the right
  std::string csv() const;   // RFC 4180, lines end as in Unix
  // The first line is the heading; lines may end as in DOS; cells are parted by commas, or by semicolons where the heading has no comma. Throws Error(data) with name:line.
  static Table parse_csv(const std::string& text, const std::string& name);

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace plexus
