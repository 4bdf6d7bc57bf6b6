#include <plexus/nn/pickle_machine.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include <plexus/base/error.hpp>

namespace plexus::pickle {
namespace {

// Bounds that no honest checkpoint comes near: its tensors are outside the pickle.
constexpr std::size_t most_nodes = 2'000'000;
constexpr std::uint64_t most_values = 8'000'000;  // after shared parts are counted at every place
constexpr int deepest = 100;

// Opcodes of protocols 2 to 5 that Python's picklers write for plain values.
enum class Code : unsigned char {
  mark = '(',
  stop = '.',
  none = 'N',
  new_true = 0x88,
  new_false = 0x89,
  int4 = 'J',
  int1 = 'K',
  int2 = 'M',
  long1 = 0x8a,
  long4 = 0x8b,
  real8 = 'G',
  unicode4 = 'X',
  unicode1 = 0x8c,
  unicode8 = 0x8d,
  bytes4 = 'B',
  bytes1 = 'C',
  bytes8 = 0x8e,
  byte_array8 = 0x96,
  python2_text4 = 'T',
  python2_text1 = 'U',
  empty_list = ']',
  append_one = 'a',
  append_many = 'e',
  empty_tuple = ')',
  tuple_marked = 't',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  empty_dict = '}',
  set_item = 's',
  set_many = 'u',
  empty_set = 0x8f,
  add_items = 0x90,
  frozen_set = 0x91,
  put1 = 'q',
  put4 = 'r',
  get1 = 'h',
  get4 = 'j',
  memoize = 0x94,
  global = 'c',
  stack_global = 0x93,
  persistent_id = 'Q',
  reduce_call = 'R',
  new_object = 0x81,
  build_state = 'b',
  protocol = 0x80,
  frame = 0x95
};

}  // namespace

Machine::Machine(std::string_view bytes, std::string where, Storages* storages)
    : bytes_(bytes), where_(std::move(where)), storages_(storages) {}

void Machine::fail(const std::string& message, const std::string& hint) const {
  throw Error(ErrorKind::data, message, where_, hint);
}

PickleValue Machine::next() {
  nodes_.clear();
  stack_.clear();
  marks_.clear();
  memo_.clear();
  opened_.clear();
  none_ = make(Node::Kind::none);
  true_ = make(Node::Kind::flag);
  true_->flag = true;
  false_ = make(Node::Kind::flag);
  return finish(*run(), 0);
}

Node* Machine::run() {
  for (;;) {
    const auto code = static_cast<unsigned char>(take(1)[0]);
    if (code == static_cast<unsigned char>(Code::stop)) {
      if (stack_.size() != 1 || !marks_.empty())
        fail(fmt::format("it is no sound pickle: it ends with {} values", stack_.size()));
      return pop();
    }
    step(code);
  }
}

void Machine::step(unsigned char code) {
  switch (static_cast<Code>(code)) {
    case Code::protocol:
      if (const int version = number<std::uint8_t>(); version < 2 || version > 5) {
        fail(fmt::format("it is a pickle of protocol {}; 2 to 5 are known", version));
      }
      break;
    case Code::frame:
      number<std::uint64_t>();
      break;  // a hint for buffered readers only
    case Code::mark:
      marks_.push_back(stack_.size());
      break;

    case Code::none:
      push(none_);
      break;
    case Code::new_true:
      push(true_);
      break;
    case Code::new_false:
      push(false_);
      break;
    case Code::int1:
      push(make_integer(number<std::uint8_t>()));
      break;
    case Code::int2:
      push(make_integer(number<std::uint16_t>()));
      break;
    case Code::int4:
      push(make_integer(number<std::int32_t>()));
      break;
    case Code::long1:
      push(make_long(take(number<std::uint8_t>())));
      break;
    case Code::long4:
      push(make_long(take(number<std::uint32_t>())));
      break;
    case Code::real8: {
      std::uint64_t big_endian = 0;
      for (const char c : take(8)) big_endian = big_endian << 8 | static_cast<unsigned char>(c);
      auto* node = make(Node::Kind::real);
      node->real = std::bit_cast<double>(big_endian);
      push(node);
      break;
    }
    case Code::unicode1:
    case Code::python2_text1:
      push(make_text(take(number<std::uint8_t>())));
      break;
    case Code::unicode4:
    case Code::python2_text4:
      push(make_text(take(number<std::uint32_t>())));
      break;
    case Code::unicode8:
      push(make_text(take(number<std::uint64_t>())));
      break;
    case Code::bytes1:
      push(make_text(take(number<std::uint8_t>()), Node::Kind::bytes));
      break;
    case Code::bytes4:
      push(make_text(take(number<std::uint32_t>()), Node::Kind::bytes));
      break;
    case Code::bytes8:
    case Code::byte_array8:
      push(make_text(take(number<std::uint64_t>()), Node::Kind::bytes));
      break;

    case Code::empty_list:
    case Code::empty_set:
      push(make(Node::Kind::list));
      break;
    case Code::empty_dict:
      push(make(Node::Kind::dict));
      break;
    case Code::empty_tuple:
      push(make(Node::Kind::tuple));
      break;
    case Code::tuple1:
    case Code::tuple2:
    case Code::tuple3: {
      auto* node = make(Node::Kind::tuple);
      for (int i = 0; i <= code - static_cast<unsigned char>(Code::tuple1); ++i) node->items.push_back(pop());
      std::reverse(node->items.begin(), node->items.end());
      push(node);
      break;
    }
    case Code::tuple_marked: {
      auto items = pop_mark();
      auto* node = make(Node::Kind::tuple);
      node->items = std::move(items);
      push(node);
      break;
    }
    case Code::frozen_set: {
      auto items = pop_mark();
      auto* node = make(Node::Kind::list);
      node->items = std::move(items);
      push(node);
      break;
    }
    case Code::append_one:
      append({pop()});
      break;
    case Code::append_many:
    case Code::add_items:
      append(pop_mark());
      break;
    case Code::set_item: {
      auto* value = pop();
      auto* key = pop();
      set_items({key, value});
      break;
    }
    case Code::set_many:
      set_items(pop_mark());
      break;

    case Code::put1:
      remember(number<std::uint8_t>());
      break;
    case Code::put4:
      remember(number<std::uint32_t>());
      break;
    case Code::memoize:
      remember(memo_.size());
      break;
    case Code::get1:
      recall(number<std::uint8_t>());
      break;
    case Code::get4:
      recall(number<std::uint32_t>());
      break;

    case Code::global: {
      const auto module = line();
      push(named(module, line()));
      break;
    }
    case Code::stack_global: {
      const auto* name = pop();
      const auto* module = pop();
      if (name->kind != Node::Kind::text || module->kind != Node::Kind::text)
        fail("it is no sound pickle: a global without a name");
      push(named(*module->text, *name->text));
      break;
    }
    case Code::persistent_id: {
      const auto* id = pop();
      push(persistent(*id));
      break;
    }
    case Code::reduce_call: {
      const auto* arguments = pop();
      const auto* callable = pop();
      push(reduce(*callable, *arguments));
      break;
    }
    case Code::new_object: {
      const auto* arguments = pop();
      const auto* callable = pop();
      push(make_object(*callable, *arguments));
      break;
    }
    case Code::build_state: {
      const auto* state = pop();
      build(*top(), *state);
      break;
    }
    default:
      fail(fmt::format("it is no pickle that torch.save writes: opcode 0x{:02x} at byte {}", code, position_ - 1));
  }
}

std::string_view Machine::take(std::uint64_t count) {
  if (count > bytes_.size() - position_) {
    fail(fmt::format("it is cut short or damaged: byte {} of {} wants {} more", position_, bytes_.size(), count));
  }
  const auto part = bytes_.substr(position_, count);
  position_ += count;
  return part;
}

template <class T>
T Machine::number() {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

std::string_view Machine::line() {
  constexpr std::size_t longest = 1000;
  const auto end = bytes_.substr(position_, longest).find('\n');
  if (end == std::string_view::npos) fail(fmt::format("it is cut short or damaged: a name at byte {} does not end", position_));
  const auto text = take(end);
  take(1);
  return text;
}

Node* Machine::make(Node::Kind kind) {
  if (nodes_.size() >= most_nodes) fail(fmt::format("it holds more than {} values", most_nodes));
  nodes_.emplace_back();
  nodes_.back().kind = kind;
  return &nodes_.back();
}

Node* Machine::make_text(std::string_view text, Node::Kind kind) {
  auto* node = make(kind);
  node->text = std::make_shared<const std::string>(text);
  return node;
}

Node* Machine::make_integer(std::int64_t value) {
  auto* node = make(Node::Kind::integer);
  node->integer = value;
  return node;
}

Node* Machine::make_long(std::string_view little_endian) {
  constexpr std::size_t longest = 1024;  // bytes; numpy's generators keep 16
  if (little_endian.size() > longest) fail("it holds an integer of more than 8192 bits");
  const bool negative = !little_endian.empty() && (static_cast<unsigned char>(little_endian.back()) & 0x80) != 0;
  if (little_endian.size() <= 8) {
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, little_endian.data(), little_endian.size());
    return make_integer(static_cast<std::int64_t>(value));
  }
  std::string magnitude(little_endian);
  if (negative) {
    int carry = 1;
    for (auto& c : magnitude) {
      carry += static_cast<unsigned char>(~static_cast<unsigned char>(c));
      c = static_cast<char>(carry & 0xff);
      carry >>= 8;
    }
  }
  std::string digits;
  for (auto c = magnitude.rbegin(); c != magnitude.rend(); ++c) digits += fmt::format("{:02x}", static_cast<unsigned char>(*c));
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return make_text((negative ? "-0x" : "0x") + digits);
}

Node* Machine::pop() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail(fmt::format("it is no sound pickle: nothing to take at byte {}", position_ - 1));
  auto* node = stack_.back();
  stack_.pop_back();
  return node;
}

Node* Machine::top() {
  auto* node = pop();
  stack_.push_back(node);
  return node;
}

std::vector<Node*> Machine::pop_mark() {
  if (marks_.empty()) fail(fmt::format("it is no sound pickle: no mark at byte {}", position_ - 1));
  const auto start = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Node*> items(start, stack_.end());
  stack_.erase(start, stack_.end());
  marks_.pop_back();
  return items;
}

void Machine::remember(std::uint64_t index) { memo_[index] = top(); }

void Machine::recall(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) fail(fmt::format("it is no sound pickle: nothing is remembered as {}", index));
  push(found->second);
}

void Machine::append(const std::vector<Node*>& items) {
  auto* list = top();
  if (list->kind != Node::Kind::list) fail("it is no sound pickle: it adds items to what is no list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void Machine::set_items(const std::vector<Node*>& items) {
  auto* dict = top();
  if (dict->kind != Node::Kind::dict || items.size() % 2 != 0) fail("it is no sound pickle: it sets items of what is no dict");
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

const PickleValue& Machine::finish(Node& node, int depth) {
  if (node.value && depth + node.height <= deepest) return *node.value;
  if (node.open) fail("it holds a list or dict that contains itself");
  if (depth + node.height > deepest) fail(fmt::format("it nests deeper than {}", deepest));
  node.open = true;
  node.count = 1;
  std::vector<PickleValue> parts;
  parts.reserve(node.items.size());
  for (auto* item : node.items) {
    parts.push_back(finish(*item, depth + 1));
    node.count += item->count;
    node.height = std::max(node.height, item->height + 1);
    if (node.count > most_values) fail("it repeats its parts more often than any checkpoint would");
  }
  std::optional<PickleValue> value;
  switch (node.kind) {
    case Node::Kind::none:
      value.emplace();
      break;
    case Node::Kind::flag:
      value.emplace(node.flag);
      break;
    case Node::Kind::integer:
      value.emplace(node.integer);
      break;
    case Node::Kind::real:
      value.emplace(node.real);
      break;
    case Node::Kind::text:
      value.emplace(*node.text);
      break;
    case Node::Kind::bytes:
      value = PickleValue::bytes(*node.text);
      break;
    case Node::Kind::tensor:
      value.emplace(node.tensor);
      break;
    case Node::Kind::list:
      value = PickleValue::list(std::move(parts));
      break;
    case Node::Kind::tuple:
      value = PickleValue::tuple(std::move(parts));
      break;
    case Node::Kind::dict: {
      PickleValue::Entries entries;
      std::unordered_map<std::string, std::size_t> seen;  // a key that is set again replaces its value, as in Python
      for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
        const auto& key = parts[i];
        std::string name;
        if (key.kind() == PickleValue::Kind::text) name = "t" + key.text();
        if (key.kind() == PickleValue::Kind::integer) name = "i" + std::to_string(key.integer());
        if (!name.empty()) {
          const auto [place, fresh] = seen.emplace(std::move(name), entries.size());
          if (!fresh) {
            entries[place->second].second = parts[i + 1];
            continue;
          }
        }
        entries.emplace_back(key, parts[i + 1]);
      }
      value = PickleValue::dict(std::move(entries), node.flag);
      break;
    }
    case Node::Kind::call:
      fail("it holds a class, not only values");
      break;
    case Node::Kind::storage:
      fail("it holds a bare storage, not only tensors");
      break;
    case Node::Kind::numpy_dtype:
      fail("it holds a numpy dtype, not only values");
      break;
    case Node::Kind::numpy_array:
      fail("it holds a numpy array without content");
      break;
  }
  node.value = std::make_shared<const PickleValue>(std::move(*value));
  node.open = false;
  return *node.value;
}

}  // namespace plexus::pickle
