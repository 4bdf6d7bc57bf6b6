#include <plexus/train/checkpoint.hpp>

#include <array>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/nn/pickle_writer.hpp>

namespace plexus {
namespace {

constexpr std::int64_t layout = 1;
constexpr const char* label = ".plexus-checkpoint";  // the first record's name
constexpr std::string_view seal_mark = "plexus-sha256:";
constexpr std::uint64_t seal_bytes = 14 + 64;

// SHA-256 of the file's first `count` bytes, lower-case hexadecimal.
std::string hash_of(const std::filesystem::path& path, std::uint64_t count) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr);
  std::ifstream file(path, std::ios::binary);
  std::string block(1 << 20, '\0');
  while (count > 0) {
    file.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(count, block.size())));
    const auto got = static_cast<std::uint64_t>(file.gcount());
    if (got == 0) throw Error(ErrorKind::data, "it cannot be read to its end", path.string());
    EVP_DigestUpdate(state.get(), block.data(), got);
    count -= got;
  }
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(state.get(), digest.data(), nullptr);
  std::string text;
  for (const auto byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

// A zip archive ends with the length of its comment, two bytes, 0 so far. The seal becomes the comment; it covers all that
// stands before that length, and the length itself is checked by its value.
void seal(const std::filesystem::path& path) {
  const auto covered = std::filesystem::file_size(path) - 2;
  const auto comment = std::string(seal_mark) + hash_of(path, covered);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(covered));
  file.put(static_cast<char>(seal_bytes)).put('\0');
  file.write(comment.data(), static_cast<std::streamsize>(comment.size()));
  file.flush();
  if (!file) throw Error(ErrorKind::resource, "cannot write: no space left on the disk", path.string(), "free some disk space");
}

bool intact(const std::filesystem::path& path) {
  std::error_code reason;
  const auto size = std::filesystem::file_size(path, reason);
  if (reason || size < 22 + seal_bytes) return false;
  std::string tail(2 + seal_bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(-static_cast<std::streamoff>(tail.size()), std::ios::end);
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!file || tail[0] != static_cast<char>(seal_bytes) || tail[1] != '\0' || tail.compare(2, seal_mark.size(), seal_mark) != 0)
    return false;
  return tail.substr(2 + seal_mark.size()) == hash_of(path, size - tail.size());
}

bool is_last(const std::filesystem::path& path) { return path.stem() == "last"; }

PickleValue states(const std::map<std::string, TensorMap>& named) {
  PickleValue::Entries entries;
  for (const auto& [name, state] : named) entries.emplace_back(name, state);
  return PickleValue::dict(std::move(entries));
}

std::map<std::string, TensorMap> states(const PickleValue& value) {
  std::map<std::string, TensorMap> named;
  for (const auto& [name, state] : value.entries()) named.emplace(name.text(), state.tensors());
  return named;
}

Checkpoint read_intact(const std::filesystem::path& path) try {
  const auto file = read_torch_file(path);
  if (const auto version = file.at("plexus").integer(); version != layout) {
    throw Error(ErrorKind::data, fmt::format("it is a checkpoint of layout {}; this Plexus knows {}", version, layout), "",
                "use the Plexus that wrote it");
  }
  Checkpoint checkpoint;
  checkpoint.networks = states(file.at("networks"));
  checkpoint.averages = states(file.at("averages"));
  checkpoint.optimizers = file.at("optimizers");
  checkpoint.trainer = file.at("trainer");
  checkpoint.progress = file.at("progress");
  checkpoint.resolved = file.at("resolved").text();
  for (const auto& [name, version] : file.at("versions").entries()) checkpoint.versions.emplace(name.text(), version.text());
  return checkpoint;
} catch (const Error& error) {
  if (error.where().empty()) throw error.within(path.string());
  throw;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  PickleValue::Entries versions;
  for (const auto& [name, version] : checkpoint.versions) versions.emplace_back(name, version);
  const auto value = PickleValue::dict({{"plexus", layout},
                                        {"networks", states(checkpoint.networks)},
                                        {"averages", states(checkpoint.averages)},
                                        {"optimizers", checkpoint.optimizers},
                                        {"trainer", checkpoint.trainer},
                                        {"progress", checkpoint.progress},
                                        {"resolved", checkpoint.resolved},
                                        {"versions", PickleValue::dict(std::move(versions))}});
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    write_torch_archive(temporary, value, label);
    seal(temporary);
    // A second name for the old file, before the new one takes the first: at every moment `last` is a whole file. A damaged
    // one must not replace the good one before it.
    if (!is_last(path) || !intact(path)) return;
    const auto previous = previous_checkpoint(path);
    const auto step = previous.string() + ".new";
    std::error_code reason;
    std::filesystem::remove(step, reason);
    std::filesystem::create_hard_link(path, step, reason);
    if (reason) std::filesystem::copy_file(path, step, reason);  // a file system without hard links
    if (!reason) std::filesystem::rename(step, previous, reason);
    if (reason) log::warn_once(fmt::format("{}: the last checkpoint cannot be kept: {}", previous.string(), reason.message()));
  });
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const bool there = std::filesystem::is_regular_file(path);
  if (there && intact(path)) return read_intact(path);
  const auto problem = there ? "it is damaged or cut short: its checksum does not fit" : "there is no such file";
  if (const auto previous = previous_checkpoint(path); is_last(path) && intact(previous)) {
    log::warning(fmt::format("{}: {}; the one before it is used: {}", path.string(), problem, previous.string()));
    return read_intact(previous);
  }
  if (there && !is_plexus_checkpoint(path)) {
    throw Error(ErrorKind::data, "it is no checkpoint of Plexus", path.string(), "for an authors' file: plexus model import");
  }
  throw Error(ErrorKind::data, problem, path.string());
}

bool is_plexus_checkpoint(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(128, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head.starts_with("PK\x03\x04") && head.find(label) < 64;
}

std::filesystem::path previous_checkpoint(const std::filesystem::path& path) {
  return path.parent_path() / (path.stem().string() + ".previous" + path.extension().string());
}

}  // namespace plexus
