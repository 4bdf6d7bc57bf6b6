// What a pickle may name, and what each of these makes. Everything is done here; nothing is looked up or run.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/nn/pickle_machine.hpp>
#include <plexus/nn/pickle_types.hpp>

namespace plexus::pickle {
namespace {

struct Known {
  std::string_view module, name;
  Call call;
};

constexpr std::array<Known, 33> known{{
    {"collections", "OrderedDict", Call::ordered_dict},
    {"collections", "defaultdict", Call::default_dict},
    {"collections", "Counter", Call::counter},
    {"builtins", "set", Call::set},
    {"builtins", "frozenset", Call::set},
    {"builtins", "list", Call::list},
    {"builtins", "dict", Call::dict},
    {"builtins", "int", Call::factory},
    {"builtins", "float", Call::factory},
    {"builtins", "str", Call::factory},
    {"builtins", "bool", Call::factory},
    {"builtins", "bytes", Call::bytes},
    {"builtins", "bytearray", Call::byte_array},
    {"_codecs", "encode", Call::encode},
    {"argparse", "Namespace", Call::name_space},
    {"torch", "Size", Call::size},
    {"torch", "device", Call::device},
    {"torch", "Tensor", Call::tensor_class},
    {"torch.nn.parameter", "Parameter", Call::tensor_class},
    {"torch._utils", "_rebuild_tensor", Call::tensor},
    {"torch._utils", "_rebuild_tensor_v2", Call::tensor},
    {"torch._utils", "_rebuild_tensor_v3", Call::tensor_v3},
    {"torch._utils", "_rebuild_parameter", Call::parameter},
    {"torch._utils", "_rebuild_parameter_with_state", Call::parameter},
    {"torch._tensor", "_rebuild_from_type_v2", Call::tensor_from_type},
    {"numpy", "ndarray", Call::numpy_array},
    {"numpy", "dtype", Call::numpy_dtype},
    {"numpy.core.multiarray", "scalar", Call::numpy_scalar},
    {"numpy._core.multiarray", "scalar", Call::numpy_scalar},
    {"numpy.core.multiarray", "_reconstruct", Call::numpy_reconstruct},
    {"numpy._core.multiarray", "_reconstruct", Call::numpy_reconstruct},
    {"numpy.core.numeric", "_frombuffer", Call::numpy_from_buffer},
    {"numpy._core.numeric", "_frombuffer", Call::numpy_from_buffer},
}};

// The largest product of sizes that may exceed the storage: an expanded view of a small tensor.
constexpr std::uint64_t most_expanded = 1 << 20;
constexpr std::size_t most_axes = 32;

}  // namespace

void Machine::refuse(const std::string& name) const {
  constexpr const char* mend = "re-save it as a state dict: in Python, torch.save(model.state_dict(), FILE)";
  const bool module = name.starts_with("torch.nn.") || bytes_.find("torch.nn.modules.") != std::string_view::npos ||
                      bytes_.find("_backward_hooks") != std::string_view::npos;
  if (module) fail(fmt::format("it holds a whole module ({}), which cannot be made without its Python code", name), mend);
  fail(fmt::format("it asks to call {}, which Plexus never does", name), mend);
}

Node* Machine::named(std::string_view module, std::string_view name) {
  if (module == "__builtin__") module = "builtins";  // as Python 2 has it
  if (module == "torch") {
    if (torch_type(name)) return make_text(fmt::format("torch.{}", name));
  }
  if (module == "torch" || module == "torch.storage" || module == "torch.cuda") {
    if (const auto type = storage_type(name)) {
      auto* node = make(Node::Kind::call);
      node->call = Call::storage_type;
      node->integer = static_cast<std::int64_t>(*type);
      return node;
    }
  }
  const auto* found =
      std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.module == module && k.name == name; });
  if (found == known.end()) refuse(fmt::format("{}.{}", module, name));
  auto* node = make(Node::Kind::call);
  node->call = found->call;
  return node;
}

const Node& Machine::argument(const std::vector<Node*>& arguments, std::size_t index, Node::Kind kind) const {
  if (index >= arguments.size() || arguments[index]->kind != kind) fail("it is no sound pickle: a call with wrong arguments");
  return *arguments[index];
}

std::vector<std::int64_t> Machine::sizes(const Node& node) const {
  if ((node.kind != Node::Kind::tuple && node.kind != Node::Kind::list) || node.items.size() > most_axes) {
    fail("it holds a tensor without sound sizes");
  }
  std::vector<std::int64_t> values;
  for (const auto* item : node.items) {
    if (item->kind != Node::Kind::integer || item->integer < 0) fail("it holds a tensor without sound sizes");
    values.push_back(item->integer);
  }
  return values;
}

// ("storage", type, key, location, elements[, view]); the location is where it was, "cuda:0", and of no use here.
Node* Machine::persistent(const Node& id) {
  const auto& parts = id.items;
  if (id.kind == Node::Kind::tuple && !parts.empty() && parts[0]->kind == Node::Kind::text && *parts[0]->text == "module") {
    refuse("a module saved with its source");
  }
  if (storages_ == nullptr) fail("it holds tensors, but is no file of torch.save");
  if (id.kind != Node::Kind::tuple || parts.size() < 5) fail("it is no sound pickle: a storage without its five parts");
  const auto& type = argument(parts, 1, Node::Kind::call);
  const auto& key = *argument(parts, 2, Node::Kind::text).text;
  const auto elements = argument(parts, 4, Node::Kind::integer).integer;
  if (*argument(parts, 0, Node::Kind::text).text != "storage" || type.call != Call::storage_type || elements < 0) {
    fail("it is no sound pickle: a storage without its five parts");
  }
  const auto scalar = static_cast<c10::ScalarType>(type.integer);
  const auto width = static_cast<std::uint64_t>(c10::elementSize(scalar));
  if (static_cast<std::uint64_t>(elements) > (std::uint64_t{1} << 60) / width)
    fail(fmt::format("storage '{}' has no sound size", key));

  auto* node = opened_[key];
  if (node == nullptr || node->integer != type.integer || node->tensor.numel() != elements) {
    node = make(Node::Kind::storage);
    node->integer = type.integer;
    auto storage = storages_->open(key, static_cast<std::uint64_t>(elements) * width);
    node->tensor = at::empty({0}, at::TensorOptions(scalar)).set_(std::move(storage), 0, {elements}, {1});
    opened_[key] = node;
  }
  if (parts.size() < 6 || parts[5]->kind == Node::Kind::none) return node;
  // A view of it (files from before PyTorch 0.4): (key, offset, elements).
  const auto& view = argument(parts, 5, Node::Kind::tuple).items;
  const auto offset = argument(view, 1, Node::Kind::integer).integer;
  const auto length = argument(view, 2, Node::Kind::integer).integer;
  if (offset < 0 || length < 0 || offset > elements || length > elements - offset)
    fail(fmt::format("a view lies outside storage '{}'", key));
  auto* part = make(Node::Kind::storage);
  part->integer = type.integer;
  part->tensor = node->tensor.narrow(0, offset, length);
  return part;
}

// (storage, offset, size, stride, requires_grad, hooks[, metadata]); typed: (…, hooks, dtype, metadata).
Node* Machine::rebuild_tensor(const std::vector<Node*>& arguments, bool typed) {
  auto all = argument(arguments, 0, Node::Kind::storage).tensor;
  const auto offset = argument(arguments, 1, Node::Kind::integer).integer;
  if (arguments.size() < 4) fail("it is no sound pickle: a call with wrong arguments");
  const auto size = sizes(*arguments[2]);
  const auto stride = sizes(*arguments[3]);
  if (typed) {
    const auto& name = *argument(arguments, 6, Node::Kind::text).text;
    const auto type = name.starts_with("torch.") ? torch_type(name.substr(6)) : std::nullopt;
    if (!type) fail(fmt::format("it holds a tensor of the type '{}', which is not known", name));
    const auto width = static_cast<std::int64_t>(c10::elementSize(*type));
    if (all.element_size() != 1 || all.numel() % width != 0) fail("it holds a tensor whose type does not fit its storage");
    all = at::empty({0}, at::TensorOptions(*type)).set_(all.storage(), 0, {all.numel() / width}, {1});
  }
  if (const std::size_t at = typed ? 7 : 6; at < arguments.size() && arguments[at]->kind == Node::Kind::dict) {
    for (const auto* item : arguments[at]->items) {
      if (item->kind == Node::Kind::flag && item->flag)
        fail("it holds a tensor with a pending conjugation or negation", "call resolve_conj() on it before saving");
    }
  }

  if (size.size() != stride.size() || offset < 0) fail("it holds a tensor without sound sizes");
  const auto stored = static_cast<std::uint64_t>(all.numel());
  std::uint64_t count = 1, last = static_cast<std::uint64_t>(offset);
  bool overflow = false;
  for (std::size_t i = 0; i < size.size(); ++i) {
    std::uint64_t reach = 0;
    overflow |= __builtin_mul_overflow(count, static_cast<std::uint64_t>(size[i]), &count);
    if (size[i] > 0) {
      overflow |=
          __builtin_mul_overflow(static_cast<std::uint64_t>(size[i] - 1), static_cast<std::uint64_t>(stride[i]), &reach);
      overflow |= __builtin_add_overflow(last, reach, &last);
    }
  }
  if (overflow || (count > 0 && last >= stored) || static_cast<std::uint64_t>(offset) > stored) {
    fail("it holds a tensor that lies outside its storage");
  }
  if (count > std::max(stored, most_expanded))
    fail("it holds a tensor with more elements than its storage", "call contiguous() on it before saving");
  auto* node = make(Node::Kind::tensor);
  node->tensor = all.as_strided(size, stride, all.storage_offset() + offset);
  return node;
}

Node* Machine::numpy_tensor(const Node& dtype, const std::vector<std::int64_t>& shape, std::string_view data, bool fortran) {
  const auto type = static_cast<c10::ScalarType>(dtype.integer);
  const auto width = static_cast<std::uint64_t>(c10::elementSize(type));
  std::uint64_t bytes = width;
  bool overflow = false;
  for (const auto extent : shape) overflow |= __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes);
  if (overflow || bytes != data.size()) fail("it holds a numpy array whose shape does not fit its bytes");
  std::string ordered(data);
  if (dtype.flag) {
    for (std::size_t i = 0; i < ordered.size(); i += width) {
      std::reverse(ordered.begin() + static_cast<std::ptrdiff_t>(i), ordered.begin() + static_cast<std::ptrdiff_t>(i + width));
    }
  }
  std::vector<std::int64_t> stored_shape(shape);
  if (fortran) std::reverse(stored_shape.begin(), stored_shape.end());
  auto tensor = at::empty(stored_shape, at::TensorOptions(type));
  if (!ordered.empty()) std::memcpy(tensor.data_ptr(), ordered.data(), ordered.size());
  if (fortran) {
    std::vector<std::int64_t> axes;
    for (auto axis = static_cast<std::int64_t>(shape.size()); axis-- > 0;) axes.push_back(axis);
    tensor = tensor.permute(axes).contiguous();
  }
  auto* node = make(Node::Kind::tensor);
  node->tensor = std::move(tensor);
  return node;
}

Node* Machine::numpy_number(const Node& dtype, std::string_view data) {
  const auto value = numpy_tensor(dtype, {}, data, false)->tensor;
  const auto type = value.scalar_type();
  if (type == at::kBool) return value.item<bool>() ? true_ : false_;
  if (c10::isComplexType(type)) fail("it holds a complex number");
  if (type == at::kUInt64) return make_long(std::string(static_cast<const char*>(value.const_data_ptr()), 8) + '\0');
  if (c10::isIntegralType(type, false)) return make_integer(value.to(at::kLong).item<std::int64_t>());
  auto* node = make(Node::Kind::real);
  node->real = value.to(at::kDouble).item<double>();
  return node;
}

Node* Machine::reduce(const Node& callable, const Node& arguments) {
  if (callable.kind != Node::Kind::call || arguments.kind != Node::Kind::tuple)
    fail("it is no sound pickle: it calls what is no function");
  const auto& given = arguments.items;
  switch (callable.call) {
    case Call::ordered_dict:
    case Call::counter:
    case Call::dict: {
      auto* node = make(Node::Kind::dict);
      node->flag = callable.call == Call::ordered_dict;
      if (given.empty()) return node;
      if (given[0]->kind == Node::Kind::dict) {
        node->items = given[0]->items;
        return node;
      }
      for (const auto* pair : argument(given, 0, Node::Kind::list).items) {
        if ((pair->kind != Node::Kind::tuple && pair->kind != Node::Kind::list) || pair->items.size() != 2)
          fail("it is no sound pickle: a dict of no pairs");
        node->items.insert(node->items.end(), pair->items.begin(), pair->items.end());
      }
      return node;
    }
    case Call::default_dict:
      return make(Node::Kind::dict);
    case Call::set:
    case Call::list: {
      auto* node = make(Node::Kind::list);
      if (given.empty()) return node;
      if (given[0]->kind != Node::Kind::list && given[0]->kind != Node::Kind::tuple)
        fail("it is no sound pickle: a set of no list");
      node->items = given[0]->items;
      return node;
    }
    case Call::size: {
      auto* node = make(Node::Kind::tuple);
      for (const auto extent : sizes(argument(given, 0, Node::Kind::tuple))) node->items.push_back(make_integer(extent));
      return node;
    }
    case Call::device: {
      const auto& name = *argument(given, 0, Node::Kind::text).text;
      return make_text(given.size() < 2 ? name : fmt::format("{}:{}", name, argument(given, 1, Node::Kind::integer).integer));
    }
    case Call::encode: {  // Python 3's bytes in protocol 2: their Latin-1 text
      std::string bytes;
      const auto& text = *argument(given, 0, Node::Kind::text).text;
      for (std::size_t i = 0; i < text.size(); ++i) {
        auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80) {
          if ((c != 0xc2 && c != 0xc3) || i + 1 == text.size()) fail("it holds bytes that are no Latin-1 text");
          c = static_cast<unsigned char>((c << 6) | (static_cast<unsigned char>(text[++i]) & 0x3f));
        }
        bytes += static_cast<char>(c);
      }
      return make_text(bytes, Node::Kind::bytes);
    }
    case Call::bytes:
    case Call::byte_array:
      if (given.empty()) return make_text("", Node::Kind::bytes);
      return make_text(*argument(given, 0, Node::Kind::bytes).text, Node::Kind::bytes);
    case Call::tensor:
      return rebuild_tensor(given, false);
    case Call::tensor_v3:
      return rebuild_tensor(given, true);
    case Call::parameter: {
      auto* node = make(Node::Kind::tensor);
      node->tensor = argument(given, 0, Node::Kind::tensor).tensor;
      return node;
    }
    case Call::tensor_from_type: {  // (function, class, its arguments, attributes)
      if (argument(given, 1, Node::Kind::call).call != Call::tensor_class)
        fail("it holds a tensor of a class that is not known");
      return reduce(argument(given, 0, Node::Kind::call), argument(given, 2, Node::Kind::tuple));
    }
    case Call::numpy_dtype: {
      const auto& name = *argument(given, 0, Node::Kind::text).text;
      const auto type = numpy_type(name);
      if (!type) fail(fmt::format("it holds numpy data of the type '{}', which is not known", name));
      auto* node = make(Node::Kind::numpy_dtype);
      node->integer = static_cast<std::int64_t>(*type);
      return node;
    }
    case Call::numpy_scalar:
      return numpy_number(argument(given, 0, Node::Kind::numpy_dtype), *argument(given, 1, Node::Kind::bytes).text);
    case Call::numpy_reconstruct:
      if (argument(given, 0, Node::Kind::call).call != Call::numpy_array)
        fail("it holds a numpy array of a class that is not known");
      return make(Node::Kind::numpy_array);
    case Call::numpy_from_buffer: {
      const auto& order = *argument(given, 3, Node::Kind::text).text;
      return numpy_tensor(argument(given, 1, Node::Kind::numpy_dtype), sizes(argument(given, 2, Node::Kind::tuple)),
                          *argument(given, 0, Node::Kind::bytes).text, order == "F");
    }
    case Call::none:
    case Call::name_space:
    case Call::factory:
    case Call::storage_type:
    case Call::tensor_class:
    case Call::numpy_array:
      break;
  }
  fail("it is no sound pickle: it calls what makes no value");
}

Node* Machine::make_object(const Node& callable, const Node& arguments) {
  if (callable.kind == Node::Kind::call && callable.call == Call::name_space && arguments.items.empty()) {
    return make(Node::Kind::dict);
  }
  return reduce(callable, arguments);
}

void Machine::build(Node& object, const Node& state) {
  const auto& parts = state.items;
  switch (object.kind) {
    case Node::Kind::dict:
      if (state.kind != Node::Kind::dict) fail("it is no sound pickle: a dict with attributes of an unknown kind");
      // A namespace's attributes are its values; those of an OrderedDict are PyTorch's `_metadata`, of no use here.
      if (!object.flag) object.items.insert(object.items.end(), parts.begin(), parts.end());
      return;
    case Node::Kind::numpy_dtype: {  // (version, byte order, …)
      const auto& order = *argument(parts, 1, Node::Kind::text).text;
      object.flag = order == ">";
      return;
    }
    case Node::Kind::numpy_array: {  // (version, shape, dtype, Fortran order, bytes)
      const auto* made = numpy_tensor(argument(parts, 2, Node::Kind::numpy_dtype), sizes(argument(parts, 1, Node::Kind::tuple)),
                                      *argument(parts, 4, Node::Kind::bytes).text, argument(parts, 3, Node::Kind::flag).flag);
      object.kind = Node::Kind::tensor;
      object.tensor = made->tensor;
      return;
    }
    case Node::Kind::tensor:
      if (state.kind == Node::Kind::dict || state.kind == Node::Kind::tuple) return;  // attributes that somebody hung on it
      break;
    default:
      break;
  }
  fail("it is no sound pickle: it sets the attributes of what has none");
}

}  // namespace plexus::pickle
