#include <plexus/nn/pickle_writer.hpp>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <ATen/Functions.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/nn/pickle_types.hpp>

namespace plexus {
namespace {

// The pickle of a tree, and the storages that it names: "data/0", "data/1", … in order of their first use.
class Pickler {
 public:
  explicit Pickler(const PickleValue& root) {
    count(root);
    text_ = "\x80\x02";
    write(root);
    text_ += '.';
  }
  const std::string& text() const noexcept { return text_; }
  const std::vector<at::Tensor>& storages() const noexcept { return storages_; }  // one axis, contiguous, on the CPU

 private:
  struct Kept {
    std::size_t index;
    c10::ScalarType type;
  };

  // Storages that several tensors lie in are kept whole; a part of one that nothing else uses is cut out.
  void count(const PickleValue& value) {
    switch (value.kind()) {
      case PickleValue::Kind::tensor:
        ++uses_[value.tensor().storage().unsafeGetStorageImpl()];
        break;
      case PickleValue::Kind::list:
      case PickleValue::Kind::tuple:
        for (const auto& item : value.items()) count(item);
        break;
      case PickleValue::Kind::dict:
        for (const auto& [key, item] : value.entries()) count(item);
        break;
      default:
        break;
    }
  }

  void write(const PickleValue& value) {
    switch (value.kind()) {
      case PickleValue::Kind::none:
        text_ += 'N';
        break;
      case PickleValue::Kind::flag:
        text_ += value.flag() ? '\x88' : '\x89';
        break;
      case PickleValue::Kind::integer:
        write_integer(value.integer());
        break;
      case PickleValue::Kind::real: {
        text_ += 'G';
        const auto bits = std::bit_cast<std::uint64_t>(value.real());
        for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> shift & 0xff);
        break;
      }
      case PickleValue::Kind::text:
        write_text(value.text());
        break;
      case PickleValue::Kind::bytes:
        write_bytes(value.bytes());
        break;
      case PickleValue::Kind::tensor:
        write_tensor(value.tensor());
        break;
      case PickleValue::Kind::list:
        text_ += ']';
        if (value.items().empty()) break;
        text_ += '(';
        for (const auto& item : value.items()) write(item);
        text_ += 'e';
        break;
      case PickleValue::Kind::tuple:
        text_ += '(';
        for (const auto& item : value.items()) write(item);
        text_ += 't';
        break;
      case PickleValue::Kind::dict:
        text_ += value.ordered() ? "ccollections\nOrderedDict\n)R" : "}";
        if (value.entries().empty()) break;
        text_ += '(';
        for (const auto& [key, item] : value.entries()) {
          write(key);
          write(item);
        }
        text_ += 'u';
        break;
    }
  }

  template <class T>
  void write_raw(T number) {
    char raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    text_.append(raw, sizeof number);
  }

  void write_integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
      text_ += 'J';
      write_raw(static_cast<std::int32_t>(value));
    } else {
      text_ += "\x8a\x08";
      write_raw(value);
    }
  }

  void write_text(std::string_view value) {
    if (value.size() > std::numeric_limits<std::uint32_t>::max())
      throw std::logic_error("a text of more than 4 GiB cannot be saved");
    text_ += 'X';
    write_raw(static_cast<std::uint32_t>(value.size()));
    text_ += value;
  }

  // Protocol 2 has no bytes; Python itself writes them so.
  void write_bytes(const std::string& value) {
    std::string utf8;
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80) utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
    }
    text_ += "c_codecs\nencode\n";
    write_text(utf8);
    write_text("latin1");
    text_ += "\x86R";
  }

  void write_sizes(at::IntArrayRef sizes) {
    text_ += '(';
    for (const auto size : sizes) write_integer(size);
    text_ += 't';
  }

  void write_tensor(const at::Tensor& given) {
    if (given.layout() != at::kStrided || given.is_conj() || given.is_neg() ||
        pickle::storage_name(given.scalar_type()).empty()) {
      throw std::logic_error("a tensor of this type or layout cannot be saved");
    }
    const auto* whole = given.storage().unsafeGetStorageImpl();
    auto kept = kept_.find(whole);
    at::Tensor tensor = given.detach();
    const auto width = static_cast<std::int64_t>(tensor.element_size());
    const auto stored_bytes = static_cast<std::int64_t>(given.storage().nbytes());
    const bool fills = tensor.is_non_overlapping_and_dense() && tensor.numel() * width == stored_bytes;
    const bool share =
        uses_[whole] > 1 && stored_bytes % width == 0 && (kept == kept_.end() || kept->second.type == tensor.scalar_type());
    Kept place{storages_.size(), tensor.scalar_type()};
    if (share && kept != kept_.end()) {
      place = kept->second;
    } else {
      if (!share && !fills) tensor = tensor.clone(at::MemoryFormat::Contiguous);
      auto flat = at::empty({0}, tensor.options())
                      .set_(tensor.storage(), 0, {static_cast<std::int64_t>(tensor.storage().nbytes()) / width}, {1});
      storages_.push_back(flat.cpu());
      if (share) kept_.emplace(whole, place);
    }

    text_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    write_text("storage");
    text_ += fmt::format("ctorch\n{}\n", pickle::storage_name(place.type));
    write_text(std::to_string(place.index));
    write_text("cpu");
    write_integer(storages_[place.index].numel());
    text_ += "tQ";
    write_integer(tensor.storage_offset());
    write_sizes(tensor.sizes());
    write_sizes(tensor.strides());
    text_ +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }

  std::string text_;
  std::vector<at::Tensor> storages_;
  std::unordered_map<const c10::StorageImpl*, std::size_t> uses_;
  std::unordered_map<const c10::StorageImpl*, Kept> kept_;
};

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

void write_torch_archive(const std::filesystem::path& file, const PickleValue& value, const std::string& label) {
  const Pickler pickler(value);
  const std::unique_ptr<std::FILE, FileCloser> stream(std::fopen(file.c_str(), "wb"));
  const auto failed = [&](int reason) {
    const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return Error(full ? ErrorKind::resource : ErrorKind::data, fmt::format("cannot write: {}", std::strerror(reason)),
                 file.string(), full ? "free some disk space" : "");
  };
  if (!stream) throw failed(errno);
  // The writer must not learn of a failure: its destructor would write on, throw, and so end the program.
  int reason = 0;
  const auto put = [&](const void* bytes, std::size_t size) -> std::size_t {
    if (reason == 0 && std::fwrite(bytes, 1, size, stream.get()) != size) reason = errno;
    return size;
  };
  {
    caffe2::serialize::PyTorchStreamWriter writer(put);
    if (!label.empty()) writer.writeRecord(label, "", 0);
    writer.writeRecord("data.pkl", pickler.text().data(), pickler.text().size());
    writer.writeRecord("byteorder", "little", 6);
    for (std::size_t i = 0; i < pickler.storages().size(); ++i) {
      const auto& storage = pickler.storages()[i];
      writer.writeRecord("data/" + std::to_string(i), storage.const_data_ptr(), storage.nbytes());
    }
    writer.writeEndOfFile();
  }
  if (reason != 0) throw failed(reason);
  if (std::fflush(stream.get()) != 0) throw failed(errno);
}

void write_torch_file(const std::filesystem::path& path, const PickleValue& value) {
  write_atomically(path, [&](const std::filesystem::path& temporary) { write_torch_archive(temporary, value); });
}

}  // namespace plexus
