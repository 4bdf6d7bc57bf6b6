#include <plexus/nn/safetensors.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <numeric>

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace plexus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t longest_header = 100'000'000;  // as the original implementation has it
constexpr std::array<std::pair<std::string_view, c10::ScalarType>, 17> types{{{"F32", at::kFloat},
                                                                              {"F64", at::kDouble},
                                                                              {"F16", at::kHalf},
                                                                              {"BF16", at::kBFloat16},
                                                                              {"I64", at::kLong},
                                                                              {"I32", at::kInt},
                                                                              {"I16", at::kShort},
                                                                              {"I8", at::kChar},
                                                                              {"U8", at::kByte},
                                                                              {"BOOL", at::kBool},
                                                                              {"U16", at::kUInt16},
                                                                              {"U32", at::kUInt32},
                                                                              {"U64", at::kUInt64},
                                                                              {"F8_E4M3", at::kFloat8_e4m3fn},
                                                                              {"F8_E5M2", at::kFloat8_e5m2},
                                                                              {"C64", at::kComplexFloat},
                                                                              {"C128", at::kComplexDouble}}};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
    std::error_code reason;
    const auto size = std::filesystem::file_size(path, reason);
    if (reason || !file_) fail(std::filesystem::exists(path) ? "it cannot be read" : "there is no such file");
    std::uint64_t header = 0;
    if (size < sizeof header) fail("it is cut short");
    read(&header, sizeof header);
    if (header > longest_header || header > size - sizeof header)
      fail("it is cut short or no safetensors file: its header does not fit");
    data_size_ = size - sizeof header - header;
    std::string text(header, '\0');
    read(text.data(), header);
    header_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!header_.is_object()) fail("its header is no JSON object");
  }

  Safetensors tensors() {
    Safetensors result;
    struct Place {
      std::uint64_t start, end;
      std::size_t index;
    };
    std::vector<Place> places;
    for (const auto& [name, entry] : header_.items()) {
      if (name == "__metadata__") {
        result.metadata = metadata(entry);
        continue;
      }
      const auto [type, sizes, start, end] = describe(name, entry);
      places.push_back({start, end, result.tensors.size()});
      result.tensors.emplace_back(name, at::empty(0, at::TensorOptions(type)));
      sizes_.push_back(sizes);
    }
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return std::tie(a.start, a.end) < std::tie(b.start, b.end); });
    std::uint64_t expected = 0;
    for (const auto& place : places) {
      if (place.start != expected) fail("its tensors overlap or leave a gap");
      expected = place.end;
    }
    if (expected != data_size_)
      fail(fmt::format("it is cut short or too long: {} bytes of data instead of {}", data_size_, expected));
    for (const auto& place : places) {  // in the file's order; all sizes are known to lie inside it
      auto& tensor = result.tensors[place.index].second;
      tensor = at::empty(sizes_[place.index], tensor.options());
      if (place.end > place.start) read(tensor.data_ptr(), place.end - place.start);
    }
    return result;
  }

 private:
  struct Entry {
    c10::ScalarType type;
    std::vector<std::int64_t> sizes;
    std::uint64_t start, end;
  };

  [[noreturn]] void fail(const std::string& message) const { throw Error(ErrorKind::data, message, path_.string()); }

  void read(void* to, std::uint64_t bytes) {
    file_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    if (static_cast<std::uint64_t>(file_.gcount()) != bytes) fail("it cannot be read to its end");
  }

  std::map<std::string, std::string> metadata(const Json& entry) const {
    std::map<std::string, std::string> values;
    if (!entry.is_object()) fail("its metadata is no JSON object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail("its metadata is not all text");
      values[key] = value.get<std::string>();
    }
    return values;
  }

  Entry describe(const std::string& name, const Json& entry) const {
    const auto wrong = [&] { fail(fmt::format("its header describes '{}' wrongly", name)); };
    const auto number = [&](const Json& value) -> std::uint64_t {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() > (std::uint64_t{1} << 62)) wrong();
      return value.get<std::uint64_t>();
    };
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() || !entry.contains("shape") ||
        !entry["shape"].is_array() || entry["shape"].size() > 32 || !entry.contains("data_offsets") ||
        !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2) {
      wrong();
    }
    const auto type_name = entry["dtype"].get<std::string>();
    const auto* type = std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.first == type_name; });
    if (type == types.end()) fail(fmt::format("'{}' is of the type {}, which is not known", name, type_name));
    Entry result{type->second, {}, number(entry["data_offsets"][0]), number(entry["data_offsets"][1])};
    std::uint64_t bytes = c10::elementSize(type->second);
    for (const auto& size : entry["shape"]) {
      if (__builtin_mul_overflow(bytes, number(size), &bytes)) wrong();
      result.sizes.push_back(static_cast<std::int64_t>(number(size)));
    }
    if (result.start > result.end || result.end > data_size_ || result.end - result.start != bytes) wrong();
    return result;
  }

  std::filesystem::path path_;
  std::ifstream file_;
  std::uint64_t data_size_ = 0;
  Json header_;
  std::vector<std::vector<std::int64_t>> sizes_;
};

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& path) { return Reader(path).tensors(); }

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tensors[a].second.element_size() > tensors[b].second.element_size();
  });
  std::vector<std::uint64_t> starts(tensors.size());
  std::uint64_t end = 0;
  for (const auto index : order) {
    starts[index] = end;
    end += tensors[index].second.nbytes();
  }
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& name = tensors[i].first;
    const auto& tensor = tensors[i].second;
    const auto* type =
        std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.second == tensor.scalar_type(); });
    if (type == types.end() || header.contains(name) || name == "__metadata__") {
      throw std::logic_error("a tensor of this type or name cannot be kept as safetensors: " + name);
    }
    header[name] = {
        {"dtype", type->first}, {"shape", tensor.sizes().vec()}, {"data_offsets", {starts[i], starts[i] + tensor.nbytes()}}};
  }
  auto text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');

  write_atomically(path, [&](const std::filesystem::path& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    const auto length = static_cast<std::uint64_t>(text.size());
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const auto index : order) {
      const auto tensor = tensors[index].second.detach().cpu().contiguous();
      if (tensor.numel() > 0)
        file.write(static_cast<const char*>(tensor.const_data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    }
    file.flush();
    if (!file)
      throw Error(errno == ENOSPC ? ErrorKind::resource : ErrorKind::data,
                  fmt::format("cannot write: {}", std::strerror(errno)), path.string());
  });
}

bool is_safetensors(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t header = 0;
  char brace = 0;
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  file.get(brace);
  return file.good() && header <= longest_header && brace == '{';
}

}  // namespace plexus
