#include <plexus/base/yaml.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <optional>
#include <sstream>
#include <unordered_map>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr std::size_t largest = 16 << 20;  // bytes; nobody writes such a pipeline by hand

constexpr char opening = '\1', closing = '\2';

// Braces of ${NAME} would end a flow map such as {root: ${HOME}/data}; other characters of one byte stand for them while the
// text is parsed, so that places stay right.
std::string with_braces_hidden(std::string text) {
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += 2) {
    const std::size_t end = text.find_first_of("{}\n", at + 2);
    if (end == std::string::npos || text[end] != '}') continue;
    text[at + 1] = opening;
    text[end] = closing;
  }
  return text;
}

std::string with_braces(std::string text) {
  for (char& c : text) c = c == opening ? '{' : c == closing ? '}' : c;
  return text;
}

// Builds the tree from the parser's events. Aliases are never followed, so a small text cannot grow.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string name, ErrorList& faults) : name_(std::move(name)), faults_(faults) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) refuse(mark, "a second document", "keep one document in a file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    if (expects_key()) return bad_key(mark);
    put(Node(), at(mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not taken", "write the value out, or include a file");
    if (expects_key()) return bad_key(mark);
    put(Node(), at(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    check(mark, tag, anchor);
    if (expects_key()) return take_key(mark, with_braces(text));
    put(Node::scalar(with_braces(text)), at(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(Node::list({}), mark);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(Node::map({}), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  Node take() { return std::move(root_); }
  int documents() const { return documents_; }
  Location at(const YAML::Mark& mark) const { return {name_, mark.line + 1, mark.column + 1}; }

 private:
  struct Level {
    Node node;
    Location place;
    std::optional<std::string> key;
    Location key_place;
    bool is_key = false;                             // stands where a key should
    bool keep_value = true;                          // false below a key that was refused
    std::unordered_map<std::string, Location> seen;  // keys
  };

  bool expects_key() const { return !levels_.empty() && levels_.back().node.is_map() && !levels_.back().key; }

  void refuse(const YAML::Mark& mark, const std::string& message, const std::string& hint) {
    faults_.add(Error(ErrorKind::configuration, message, at(mark).text(), hint));
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "anchors (&name) are not taken", "write the value out, or include a file");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not taken: " + tag, "types come from the options");
  }

  void take_key(const YAML::Mark& mark, const std::string& text) {
    Level& level = levels_.back();
    level.key = text;
    level.key_place = at(mark);
    const auto [known, fresh] = level.seen.emplace(text, at(mark));
    level.keep_value = fresh && text != "<<";
    if (text == "<<")
      refuse(mark, "merge keys (<<) are not taken", "write the values out, or include a file");
    else if (!fresh)
      refuse(mark, "the key '" + text + "' stands twice", "first at line " + std::to_string(known->second.line));
  }

  void bad_key(const YAML::Mark& mark) {
    refuse(mark, "a key must be plain text", "");
    levels_.back().key = "";
    levels_.back().keep_value = false;
  }

  void open(Node node, const YAML::Mark& mark) {
    const bool is_key = expects_key();
    if (is_key) bad_key(mark);
    Level level;
    level.node = std::move(node);
    level.place = at(mark);
    level.is_key = is_key;
    levels_.push_back(std::move(level));
  }

  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    if (!done.is_key) put(std::move(done.node), done.place);
  }

  void put(Node node, const Location& place) {
    node.set_origin(name_);
    node.set_at(place);
    if (levels_.empty()) {
      if (documents_ < 2) root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_list()) {
      level.node.items().push_back(std::move(node));
      return;
    }
    node.set_at(level.key_place);
    if (level.keep_value) level.node.entries().emplace_back(*level.key, std::move(node));
    level.key.reset();
  }

  std::string name_;
  ErrorList& faults_;
  Node root_;
  std::vector<Level> levels_;
  int documents_ = 0;
};

bool is_flow(const std::string& text) {
  const auto start = trim(text);
  return !start.empty() && (start.front() == '{' || start.front() == '[');
}

// Tabs make YAML ambiguous. Those in comments do no harm.
void find_tabs(const std::string& text, const std::string& name, ErrorList& faults) {
  int number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const std::size_t comment = line.find('#');
    if (comment < tab && (comment == 0 || line[comment - 1] == ' ')) continue;
    faults.add(Error(ErrorKind::configuration, "a tab", Location{name, number, static_cast<int>(tab) + 1}.text(),
                     "indent with spaces; in a quoted text write \\t"));
  }
}

std::optional<unsigned> hexadecimal(const std::string& text, std::size_t start) {
  unsigned value = 0;
  const char* begin = text.data() + start;
  return std::from_chars(begin, begin + 4, value, 16).ptr == begin + 4 ? std::optional(value) : std::nullopt;
}

// JSON may indent with tabs and writes characters beyond 16 bits as two \u escapes, YAML as one \U.
std::string yaml_from_json(std::string text) {
  for (char& c : text)
    if (c == '\t') c = ' ';
  for (std::size_t i = 0; i + 12 <= text.size(); ++i) {
    if (text[i] != '\\') continue;
    if (text[i + 1] != 'u' || text[i + 6] != '\\' || text[i + 7] != 'u') {
      ++i;  // whatever is escaped is no escape itself
      continue;
    }
    const auto high = hexadecimal(text, i + 2), low = hexadecimal(text, i + 8);
    if (high && low && *high >= 0xD800 && *high < 0xDC00 && *low >= 0xDC00 && *low < 0xE000) {
      std::ostringstream one;
      one << "\\U" << std::hex << std::uppercase;
      one.width(8);
      one.fill('0');
      one << 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
      text.replace(i, 12, one.str());
    }
    ++i;
  }
  return text;
}

}  // namespace

Node parse_yaml(const std::string& text, const std::string& name) {
  if (text.size() > largest) throw Error(ErrorKind::configuration, "larger than 16 MiB: no pipeline file", name);
  if (text.find_first_of(std::string_view("\0\1\2", 3)) != std::string::npos)
    throw Error(ErrorKind::configuration, "is no text file", name);
  ErrorList faults;
  const bool flow = is_flow(text);
  if (!flow) find_tabs(text, name, faults);
  TreeBuilder builder(name, faults);
  try {
    std::string content = with_braces_hidden(flow ? yaml_from_json(text) : text);
    content.erase(content.find_last_not_of(" \r\n") + 1);  // yaml-cpp takes an open quote before a last line break
    std::istringstream stream(content);
    YAML::Parser parser(stream);
    // At some texts (", a") the parser makes documents without end and without moving on.
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (faults.empty()) faults.add(Error(ErrorKind::configuration, error.msg, builder.at(error.mark).text()));
  }
  faults.raise();
  return builder.take();
}

}  // namespace plexus
