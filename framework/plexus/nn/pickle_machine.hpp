#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Storage.h>

#include <plexus/nn/pickle.hpp>

namespace plexus::pickle {

// The closed list of what a pickle may name.
enum class Call {
  none,
  ordered_dict,
  default_dict,
  counter,
  set,
  list,
  dict,
  factory,
  name_space,
  bytes,
  byte_array,
  encode,
  size,
  device,
  storage_type,
  tensor,
  tensor_v3,
  parameter,
  tensor_from_type,
  tensor_class,
  numpy_scalar,
  numpy_reconstruct,
  numpy_from_buffer,
  numpy_array,
  numpy_dtype
};

// A value while the pickle is still being read: may be shared, unfinished, or a thing that no file may end with.
struct Node {
  enum class Kind : std::uint8_t {
    none,
    flag,
    integer,
    real,
    text,
    bytes,
    tensor,
    list,
    tuple,
    dict,
    call,         // one of the closed list; `integer` is the type of a storage_type
    storage,      // `tensor` is all of it, one axis
    numpy_dtype,  // `integer` is the type, `flag` says big-endian
    numpy_array   // made, but without its content
  };
  Kind kind = Kind::none;
  Call call = Call::none;
  bool flag = false;  // a flag's value; an ordered dict; a namespace (for BUILD)
  bool open = false;  // being turned into a value: met again, it holds itself
  std::int64_t integer = 0;
  double real = 0;
  std::shared_ptr<const std::string> text;
  at::Tensor tensor;
  std::vector<Node*> items;  // a dict's keys and values in turn
  std::shared_ptr<const PickleValue> value;
  int height = 0;           // of the tree below it
  std::uint64_t count = 0;  // values in it, as if nothing were shared
};

// Where the bytes of storages come from.
class Storages {
 public:
  virtual ~Storages() = default;
  // The storage `key`, of at least `bytes` bytes; throws Error(data). `bytes` comes from the file and may be any number ≥ 0.
  virtual c10::Storage open(const std::string& key, std::uint64_t bytes) = 0;
};

// Reads pickles one after another from a text. Calls nothing: the few rebuilding calls known are done here (pickle_calls.cpp).
class Machine {
 public:
  // `storages` null: the pickle may hold no tensors of torch.
  Machine(std::string_view bytes, std::string where, Storages* storages);
  // The next pickle; throws Error(data).
  PickleValue next();
  std::size_t position() const noexcept { return position_; }

 private:
  Node* run();
  void step(unsigned char code);
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;
  [[noreturn]] void refuse(const std::string& name) const;

  std::string_view take(std::uint64_t count);
  template <class T>
  T number();
  std::string_view line();
  Node* make(Node::Kind kind);
  Node* make_text(std::string_view text, Node::Kind kind = Node::Kind::text);
  Node* make_long(std::string_view little_endian);
  Node* make_integer(std::int64_t value);
  void push(Node* node) { stack_.push_back(node); }
  Node* pop();
  Node* top();
  std::vector<Node*> pop_mark();
  void remember(std::uint64_t index);
  void recall(std::uint64_t index);
  void append(const std::vector<Node*>& items);
  void set_items(const std::vector<Node*>& items);

  // pickle_calls.cpp
  Node* named(std::string_view module, std::string_view name);
  Node* persistent(const Node& id);
  Node* reduce(const Node& callable, const Node& arguments);
  Node* make_object(const Node& callable, const Node& arguments);
  void build(Node& object, const Node& state);
  Node* rebuild_tensor(const std::vector<Node*>& arguments, bool typed);
  Node* numpy_tensor(const Node& dtype, const std::vector<std::int64_t>& shape, std::string_view data, bool fortran);
  Node* numpy_number(const Node& dtype, std::string_view data);
  std::vector<std::int64_t> sizes(const Node& node) const;
  const Node& argument(const std::vector<Node*>& arguments, std::size_t index, Node::Kind kind) const;

  const PickleValue& finish(Node& node, int depth);

  std::string_view bytes_;
  std::string where_;
  Storages* storages_;
  std::size_t position_ = 0;
  std::deque<Node> nodes_;
  std::vector<Node*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Node*> memo_;
  std::unordered_map<std::string, Node*> opened_;  // storages by key
  Node* none_ = nullptr;
  Node* true_ = nullptr;
  Node* false_ = nullptr;
};

}  // namespace plexus::pickle
