#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include <c10/core/CPUAllocator.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/nn/pickle_machine.hpp>
#include <plexus/nn/pickle_zip.hpp>

namespace plexus {
namespace {

using pickle::Machine;
using pickle::Storages;
using pickle::ZipRecords;

c10::Storage allocate(std::uint64_t bytes) {
  auto* allocator = c10::GetCPUAllocator();
  return {c10::Storage::use_byte_size_t(), bytes, allocator->allocate(bytes), allocator, false};
}

class ZipStorages final : public Storages {
 public:
  ZipStorages(ZipRecords& records, const std::filesystem::path& path) : records_(records), path_(path) {}

  c10::Storage open(const std::string& key, std::uint64_t bytes) override {
    const auto name = "data/" + key;
    if (const auto size = records_.size(name); bytes > size) {
      throw Error(ErrorKind::data, fmt::format("it is damaged: storage '{}' should have {} bytes but has {}", key, bytes, size),
                  path_.string());
    }
    auto found = opened_.find(key);
    if (found == opened_.end()) {
      auto storage = allocate(records_.size(name));
      if (storage.nbytes() > 0) records_.read(name, storage.mutable_data());
      found = opened_.emplace(key, std::move(storage)).first;
    }
    return found->second;
  }

 private:
  ZipRecords& records_;
  const std::filesystem::path& path_;
  std::map<std::string, c10::Storage> opened_;
};

// Before PyTorch 1.6 the storages' bytes come after the pickle that names them: they are made here and filled later.
class LegacyStorages final : public Storages {
 public:
  LegacyStorages(std::uint64_t file_size, std::string where) : left_(file_size), where_(std::move(where)) {}

  c10::Storage open(const std::string& key, std::uint64_t bytes) override {
    if (const auto found = opened_.find(key); found != opened_.end()) {
      if (found->second.nbytes() < bytes) fail(fmt::format("storage '{}' has two sizes", key));
      return found->second;
    }
    if (bytes > left_) fail(fmt::format("storage '{}' is said to be larger than the file", key));
    left_ -= bytes;
    return opened_.emplace(key, allocate(bytes)).first->second;
  }

  // `keys` in the file's order; each is a count of elements (int64) and the elements.
  void fill(const PickleValue& keys, std::string_view bytes) {
    std::set<std::string> filled;
    for (const auto& item : keys.items()) {
      const auto found = opened_.find(item.text());
      if (found == opened_.end()) fail(fmt::format("storage '{}' belongs to nothing", item.text()));
      auto& storage = found->second;
      std::int64_t elements = 0;
      if (bytes.size() < sizeof elements) fail("its storages are cut short");
      std::memcpy(&elements, bytes.data(), sizeof elements);
      bytes.remove_prefix(sizeof elements);
      const auto size = storage.nbytes();
      // The element's width is not in the file again: whatever it is, it must divide the size to this count.
      if (elements < 0 || (elements == 0) != (size == 0) ||
          (elements > 0 && size % static_cast<std::uint64_t>(elements) != 0)) {
        fail(fmt::format("storage '{}' has two sizes", item.text()));
      }
      if (bytes.size() < size) fail("its storages are cut short");
      if (size > 0) std::memcpy(storage.mutable_data(), bytes.data(), size);
      bytes.remove_prefix(size);
      filled.insert(item.text());
    }
    if (filled.size() != opened_.size()) fail("some of its storages have no content");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::data, "it is cut short or damaged: " + what, where_);
  }

  std::uint64_t left_;
  std::string where_;
  std::map<std::string, c10::Storage> opened_;
};

PickleValue read_zip(const std::filesystem::path& path) {
  constexpr std::uint64_t longest_pickle = 256 << 20;
  ZipRecords records(path);
  if (records.has("constants.pkl")) {
    throw Error(ErrorKind::data, "it is a TorchScript program, not a file of weights", path.string(),
                "in Python: torch.save(torch.jit.load(FILE).state_dict(), OTHER)");
  }
  if (records.has("byteorder") && records.size("byteorder") < 16 && records.text("byteorder") != "little") {
    throw Error(ErrorKind::data, "it was written on a big-endian machine", path.string(),
                "load and save it in Python on this one");
  }
  if (records.size("data.pkl") > longest_pickle)
    throw Error(ErrorKind::data, "its pickle is larger than 256 MiB", path.string());
  const auto text = records.text("data.pkl");
  ZipStorages storages(records, path);
  return Machine(text, path.string(), &storages).next();
}

PickleValue read_legacy(const std::filesystem::path& path) {
  constexpr const char* magic = "0x1950a86a20f9469cfc6c";  // of torch/serialization.py
  const auto where = path.string();
  const auto bytes = read_file(path);
  LegacyStorages storages(bytes.size(), where);
  Machine machine(bytes, where, &storages);
  const auto first = machine.next();
  if (!first.is_text() || first.text() != magic) {
    throw Error(ErrorKind::data,
                fmt::format("it is a plain pickle of {}, not a file of torch.save", PickleValue::kind_name(first.kind())),
                where);
  }
  if (const auto version = machine.next(); version.kind() != PickleValue::Kind::integer || version.integer() != 1001) {
    throw Error(ErrorKind::data, "it is of a layout of torch.save that is not known", where);
  }
  const auto machine_info = machine.next();
  if (const auto* little = machine_info.find("little_endian");
      little != nullptr && little->kind() == PickleValue::Kind::flag && !little->flag()) {
    throw Error(ErrorKind::data, "it was written on a big-endian machine", where, "load and save it in Python on this one");
  }
  auto value = machine.next();
  const auto keys = machine.next();
  try {
    storages.fill(keys, std::string_view(bytes).substr(machine.position()));
  } catch (const Error& error) {
    if (error.where().empty()) throw error.within(where);
    throw;
  }
  return value;
}

}  // namespace

PickleValue read_torch_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(16, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (!std::filesystem::is_regular_file(path) || (!file && !file.eof())) {
    throw Error(ErrorKind::data, std::filesystem::exists(path) ? "it cannot be read" : "there is no such file", path.string());
  }
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (head.starts_with("PK\x03\x04")) return read_zip(path);
  if (head.starts_with("\x80")) return read_legacy(path);
  throw Error(ErrorKind::data, head.empty() ? "it is empty" : "it is no file of torch.save", path.string());
}

PickleValue read_pickle(std::string_view bytes, const std::string& where) { return Machine(bytes, where, nullptr).next(); }

}  // namespace plexus
