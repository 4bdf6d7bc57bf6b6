#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Tensors by name, in state-dict order.
using TensorMap = std::vector<std::pair<std::string, at::Tensor>>;

// A tree of plain values, as Python keeps them in a `.pth` file. Immutable; a copy is cheap and shares its content.
//   Python                                         here
//   None, bool, int, float, str, bytes             none, flag, integer, real, text, bytes
//   int beyond 64 bits                             text, hexadecimal: "0x1950a86a20f9469cfc6c"
//   list, set, frozenset                           list
//   tuple, torch.Size                              tuple
//   dict, OrderedDict, defaultdict, Counter,
//   argparse.Namespace                             dict, entries in order, keys of any kind
//   tensor, Parameter, numpy array                 tensor, on the CPU, without gradient
//   numpy scalar                                   flag, integer or real
//   torch.dtype, torch.device                      text: "torch.float32", "cuda:0"
class PickleValue {
 public:
  enum class Kind { none, flag, integer, real, text, bytes, tensor, list, tuple, dict };
  using Items = std::vector<PickleValue>;
  using Entries = std::vector<std::pair<PickleValue, PickleValue>>;

  PickleValue() = default;
  PickleValue(bool value);              // NOLINT(google-explicit-constructor): a value is what it holds, here and below
  PickleValue(int value);               // NOLINT(google-explicit-constructor)
  PickleValue(std::int64_t value);      // NOLINT(google-explicit-constructor)
  PickleValue(double value);            // NOLINT(google-explicit-constructor)
  PickleValue(std::string value);       // NOLINT(google-explicit-constructor)
  PickleValue(const char* value);       // NOLINT(google-explicit-constructor)
  PickleValue(at::Tensor value);        // NOLINT(google-explicit-constructor)
  PickleValue(const TensorMap& state);  // NOLINT(google-explicit-constructor): an ordered dict, as Python's state_dict()
  static PickleValue bytes(std::string value);
  static PickleValue list(Items items);
  static PickleValue tuple(Items items);
  // `ordered` only tells the writer to make a collections.OrderedDict; order is kept either way.
  static PickleValue dict(Entries entries, bool ordered = false);

  Kind kind() const noexcept { return kind_; }
  bool is_none() const noexcept { return kind_ == Kind::none; }
  bool is_dict() const noexcept { return kind_ == Kind::dict; }
  bool is_tensor() const noexcept { return kind_ == Kind::tensor; }
  bool is_text() const noexcept { return kind_ == Kind::text; }
  bool ordered() const noexcept { return ordered_; }

  // Each throws Error(data), "expected … but found …", where the value is of another kind.
  bool flag() const;
  std::int64_t integer() const;  // also a real without fraction, a 0-axis tensor
  double real() const;           // also an integer, a 0-axis tensor
  const std::string& text() const;
  const std::string& bytes() const;
  const at::Tensor& tensor() const;
  const Items& items() const;      // list or tuple
  const Entries& entries() const;  // dict

  // A dict's value, null where the key is absent or this is no dict.
  const PickleValue* find(std::string_view key) const;
  const PickleValue* find(std::int64_t key) const;
  // The same; throws Error(data) naming the key and those there are.
  const PickleValue& at(std::string_view key) const;
  // A dict of text to tensors, as TensorMap; throws Error(data) where an entry is something else.
  TensorMap tensors() const;
  // "a dict", "an integer", …
  static const char* kind_name(Kind kind) noexcept;

 private:
  using Content = std::variant<std::monostate, bool, std::int64_t, double, std::shared_ptr<const std::string>, at::Tensor,
                               std::shared_ptr<const Items>, std::shared_ptr<const Entries>>;
  PickleValue(Kind kind, Content content, bool ordered = false)
      : kind_(kind), ordered_(ordered), content_(std::move(content)) {}

  Kind kind_ = Kind::none;
  bool ordered_ = false;
  Content content_;
};

// Reads a file of torch.save: the zip layout, or the one before PyTorch 1.6. Nothing in the file can run: a closed list of
// opcodes, of types and of rebuilding calls is known, and anything else is refused by name. Tensors come to the CPU whatever
// device they were on; those that shared storage share it. Error(data) for a file that is damaged, cut short, lies about
// its sizes, refers to itself, nests deeper than 100, or asks for anything else.
PickleValue read_torch_file(const std::filesystem::path& path);

// Reads one plain pickle (protocols 2 to 5) without tensors but numpy's. `where` names the source in errors.
PickleValue read_pickle(std::string_view bytes, const std::string& where);

// Writes the zip layout so that torch.load(weights_only=True) reads it: protocol 2, plain types; storages that tensors
// share are written once. Atomic; Error(resource) where the disk is full.
void write_torch_file(const std::filesystem::path& path, const PickleValue& value);

}  // namespace plexus
