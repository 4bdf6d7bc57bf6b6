#include <plexus/data/npy_format.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::npy {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t longest_header = 1 << 16;

[[noreturn]] void refuse_npy(const std::string& where, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, message, where, hint);
}

// The text that follows 'name': in the header's dictionary, without blanks in front.
std::string_view entry(std::string_view text, std::string_view name, const std::string& where) {
  for (const char quote : {'\'', '"'}) {
    const auto at = text.find(fmt::format("{}{}{}", quote, name, quote));
    if (at == std::string_view::npos) continue;
    const auto colon = text.find(':', at);
    if (colon != std::string_view::npos) return trim(text.substr(colon + 1));
  }
  refuse_npy(where, fmt::format("a damaged NPY header: it lacks '{}'", name));
}

void set_type(Layout& layout, std::string_view descr, const std::string& where) {
  if (descr.empty() || (descr[0] != '\'' && descr[0] != '"'))
    refuse_npy(where, "holds records of several fields", "save one array of numbers");
  descr = descr.substr(1, descr.find(descr[0], 1) - 1);
  if (descr.find('O') != std::string_view::npos)
    refuse_npy(where, "holds Python objects (object dtype), which are not read", "save it as an array of numbers");
  if (descr.size() < 2) refuse_npy(where, "a damaged NPY header: its type is empty");
  const char order = descr[0], kind = descr[1];
  const auto bytes = parse_integer(descr.substr(2));
  using Kind = ElementType::Kind;
  layout.boolean = kind == 'b';
  layout.type.kind = kind == 'f' ? Kind::real : kind == 'i' ? Kind::signed_integer : Kind::unsigned_integer;
  layout.type.bytes = bytes && *bytes > 0 && *bytes <= 8 ? static_cast<int>(*bytes) : 0;
  const bool sized = std::has_single_bit(static_cast<unsigned>(layout.type.bytes)) && (kind != 'f' || layout.type.bytes > 1) &&
                     (kind != 'b' || layout.type.bytes == 1);
  if ((kind != 'f' && kind != 'i' && kind != 'u' && kind != 'b') || !sized)
    refuse_npy(where, fmt::format("elements of type '{}' are not intensities or labels", descr),
               "save it as integers or floats of up to 64 bits");
  if (order != '<' && order != '>' && order != '|' && order != '=')
    refuse_npy(where, fmt::format("a damaged NPY header: byte order '{}'", order));
  layout.swapped = order == '>' && layout.type.bytes > 1;
}

void set_shape(Layout& layout, std::string_view text, const std::string& where) {
  const auto end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) refuse_npy(where, "a damaged NPY header: its shape");
  for (const auto& part : split(text.substr(1, end - 1), ',')) {
    if (trim(part).empty()) continue;
    const auto size = parse_integer(trim(part));
    if (!size || *size < 0) refuse_npy(where, fmt::format("an axis of size '{}'", trim(part)));
    layout.shape.push_back(*size);
  }
  double bytes = layout.type.bytes;
  for (const auto size : layout.shape) bytes *= static_cast<double>(size);
  if (bytes > 9e18 || layout.shape.size() > 32) refuse_npy(where, "the sizes in the header overflow");
}

const char* letters(at::ScalarType type) {
  switch (type) {
    case at::kBool:
      return "|b1";
    case at::kByte:
      return "|u1";
    case at::kChar:
      return "|i1";
    case at::kShort:
      return "<i2";
    case at::kInt:
      return "<i4";
    case at::kLong:
      return "<i8";
    case at::kFloat:
      return "<f4";
    case at::kDouble:
      return "<f8";
    default:
      throw std::logic_error("npy::encode: element type");
  }
}

}  // namespace

std::uint64_t Layout::bytes() const {
  std::uint64_t bytes = static_cast<std::uint64_t>(type.bytes);
  for (const auto size : shape) bytes *= static_cast<std::uint64_t>(size);
  return bytes;
}

std::string Layout::type_name() const { return boolean ? "bool" : plexus::type_name(type); }

Layout parse(std::string_view front, const std::string& where) {
  if (!front.starts_with(magic)) refuse_npy(where, "is not an NPY array");
  if (front.size() < 12) refuse_npy(where, "cut short within its header");
  const int version = front[6];
  if (version < 1 || version > 3) refuse_npy(where, fmt::format("NPY format version {} is unknown", version));
  std::uint32_t length = 0;
  std::memcpy(&length, front.data() + 8, version == 1 ? 2 : 4);
  Layout layout;
  layout.data = (version == 1 ? 10u : 12u) + std::size_t{length};
  if (length > longest_header) refuse_npy(where, fmt::format("a damaged NPY header: {} bytes of text", length));
  if (front.size() < layout.data) refuse_npy(where, "cut short within its header");
  const auto text = front.substr(version == 1 ? 10 : 12, length);
  set_type(layout, entry(text, "descr", where), where);
  layout.fortran = entry(text, "fortran_order", where).starts_with("True");
  set_shape(layout, entry(text, "shape", where), where);
  return layout;
}

at::Tensor tensor(at::Tensor bytes, const Layout& layout, const std::string& where) {
  auto values = as_elements(std::move(bytes), layout.type, layout.swapped, where);
  if (!layout.fortran || layout.shape.size() < 2) return values.view(layout.shape);
  const std::vector<std::int64_t> turned(layout.shape.rbegin(), layout.shape.rend());
  std::vector<std::int64_t> axes(turned.size());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(axes.size() - 1 - i);
  return values.view(turned).permute(axes).contiguous();
}

std::string encode(const at::Tensor& tensor) {
  const auto values = tensor.contiguous();
  std::string shape;
  for (const auto size : values.sizes()) shape += fmt::format("{},", size);
  auto text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", letters(values.scalar_type()), shape);
  text.append(63 - (10 + text.size()) % 64, ' ');  // elements begin at a multiple of 64
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  std::string bytes(magic);
  bytes += std::string_view("\1\0", 2);
  bytes.append(reinterpret_cast<const char*>(&length), 2);
  bytes += text;
  bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  return bytes;
}

}  // namespace plexus::npy
