#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plexus/base/error.hpp>

namespace plexus {

// A tree of text as read from a pipeline file: maps keep their order, scalars stay text (their type comes from the option
// that takes them, never from the spelling), and each node remembers where it was written.
class Node {
 public:
  enum class Kind { null, scalar, list, map };

  Node() = default;
  static Node scalar(std::string text, Location at = {});
  // A scalar that is a number or truth value by itself: json() writes it without quotes where JSON can spell it.
  static Node literal(std::string text);
  static Node list(std::vector<Node> items, Location at = {});
  static Node map(std::vector<std::pair<std::string, Node>> entries, Location at = {});

  Kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == Kind::null; }
  bool is_scalar() const noexcept { return kind_ == Kind::scalar; }
  bool is_list() const noexcept { return kind_ == Kind::list; }
  bool is_map() const noexcept { return kind_ == Kind::map; }
  bool is_literal() const noexcept { return literal_; }

  const std::string& text() const noexcept { return text_; }                  // scalar
  const std::vector<Node>& items() const noexcept { return items_; }          // list
  std::vector<Node>& items() noexcept { return items_; }
  const std::vector<std::pair<std::string, Node>>& entries() const noexcept { return entries_; }  // map
  std::vector<std::pair<std::string, Node>>& entries() noexcept { return entries_; }
  const Node* find(std::string_view key) const;                               // map; null where absent
  Node* find(std::string_view key);
  // Adds or replaces an entry; a null node becomes a map.
  Node& set(std::string_view key, Node value);
  bool erase(std::string_view key);

  // Where it is written: the place of its key for a value in a map, else its own.
  const Location& at() const noexcept { return at_; }
  void set_at(Location at) { at_ = std::move(at); }
  // Who gave the value: the file, "--set", "default", "preset reference", ….
  const std::string& origin() const noexcept { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }

  // JSON, on one line or indented; scalars are strings, literals are not.
  std::string json(int indent = -1) const;
  bool operator==(const Node& other) const;  // content only, not places

 private:
  Kind kind_ = Kind::null;
  bool literal_ = false;
  std::string text_, origin_;
  std::vector<Node> items_;
  std::vector<std::pair<std::string, Node>> entries_;
  Location at_;
  Reserved reserved_;
};

}  // namespace plexus
