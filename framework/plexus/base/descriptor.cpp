#include <plexus/base/descriptor.hpp>

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include <plexus/base/error.hpp>
#include <plexus/sdk/abi.hpp>

namespace plexus {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half this_machine = EM_AARCH64;
#else
#error "Plexus runs on x86-64 and AArch64"
#endif

// A file of which nothing is believed: every read is checked against its size.
class Elf {
 public:
  explicit Elf(const std::filesystem::path& path)
      : path_(path.string()), handle_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    const int fault = errno;
    if (handle_ < 0) throw Error(ErrorKind::plugin, "cannot be opened: " + std::generic_category().message(fault), path_);
    struct stat info {};
    const bool regular = fstat(handle_, &info) == 0 && S_ISREG(info.st_mode);
    if (!regular) close(handle_);
    if (!regular) throw Error(ErrorKind::plugin, "is no regular file", path_, "remove it from the plugin folder");
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  Elf(const Elf&) = delete;
  Elf& operator=(const Elf&) = delete;
  ~Elf() { close(handle_); }

  template <class T>
  T read(std::uint64_t offset) const {
    T value{};
    if (offset > size_ || sizeof(T) > size_ - offset ||
        pread(handle_, &value, sizeof(T), static_cast<off_t>(offset)) != static_cast<ssize_t>(sizeof(T)))
      refuse("is cut short", "copy or build it again");
    return value;
  }

  [[noreturn]] void refuse(const std::string& message, const std::string& hint) const {
    throw Error(ErrorKind::plugin, message, path_, hint);
  }

  std::uint64_t size() const { return size_; }

 private:
  std::string path_;
  int handle_;
  std::uint64_t size_ = 0;
};

Elf64_Ehdr header(const Elf& file) {
  constexpr auto remove = "remove it from the plugin folder";
  if (file.size() < SELFMAG) file.refuse("is no shared library", remove);
  const auto magic = file.read<std::array<char, SELFMAG>>(0);
  if (!std::equal(magic.begin(), magic.end(), ELFMAG)) file.refuse("is no shared library", remove);
  const auto head = file.read<Elf64_Ehdr>(0);
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_machine != this_machine)
    file.refuse("is built for another kind of machine", "build the plugin on this one");
  if (head.e_type != ET_DYN) file.refuse("is no shared library", remove);
  return head;
}

constexpr auto no_plugin_hint = "build it with plexus_add_plugin and PLEXUS_PLUGIN, or remove it from the plugin folder";

std::vector<Elf64_Shdr> sections(const Elf& file, const Elf64_Ehdr& head) {
  if (head.e_shnum == 0) file.refuse("is no Plexus plugin", no_plugin_hint);
  if (head.e_shentsize != sizeof(Elf64_Shdr) || head.e_shstrndx >= head.e_shnum)
    file.refuse("has a damaged section table", "build it again");
  if (head.e_shoff > file.size()) file.refuse("is cut short", "copy or build it again");
  std::vector<Elf64_Shdr> all(head.e_shnum);
  // Backwards: the table stands at the file's end, where cutting shows first.
  for (std::size_t i = all.size(); i-- > 0;) all[i] = file.read<Elf64_Shdr>(head.e_shoff + i * sizeof(Elf64_Shdr));
  return all;
}

// Offset of the descriptor in the file.
std::uint64_t find_section(const Elf& file) {
  const Elf64_Ehdr head = header(file);
  const auto all = sections(file, head);
  const Elf64_Shdr names = all[head.e_shstrndx];
  using Name = std::array<char, sizeof(PLEXUS_DESCRIPTOR_SECTION)>;
  std::optional<Elf64_Shdr> found;
  for (const Elf64_Shdr& one : all) {
    if (names.sh_size < sizeof(Name) || one.sh_name > names.sh_size - sizeof(Name) || names.sh_offset > file.size()) continue;
    if (std::strncmp(file.read<Name>(names.sh_offset + one.sh_name).data(), PLEXUS_DESCRIPTOR_SECTION, sizeof(Name)) != 0)
      continue;
    if (found) file.refuse("has two descriptors", "keep one PLEXUS_PLUGIN in a plugin");
    found = one;
  }
  if (!found) file.refuse("is no Plexus plugin", no_plugin_hint);
  if (found->sh_type != SHT_PROGBITS || found->sh_size < offsetof(plexus_descriptor, api_major))
    file.refuse("has a damaged descriptor", "build it again");
  return found->sh_offset;
}

template <std::size_t N>
std::string text(const char (&field)[N], const Elf& file) {
  const auto end = std::find(field, field + N, '\0');
  const bool printable = std::none_of(field, end, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (end == field + N || !printable) file.refuse("has a damaged descriptor", "build it again");
  return std::string(field, end);
}

bool is_plugin_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

PluginDescriptor read_descriptor(const std::filesystem::path& path) {
  const Elf file(path);
  const std::uint64_t offset = find_section(file);
  using Magic = std::array<char, sizeof(plexus_descriptor::magic)>;
  if (std::strncmp(file.read<Magic>(offset).data(), PLEXUS_DESCRIPTOR_MAGIC, sizeof(Magic)) != 0)
    file.refuse("has a descriptor of another kind (magic)", "build the plugin against this Plexus");
  const auto size = file.read<std::uint32_t>(offset + offsetof(plexus_descriptor, size));
  if (size != sizeof(plexus_descriptor))
    file.refuse(fmt::format("has a descriptor of {} bytes where this Plexus knows {}", size, sizeof(plexus_descriptor)),
                "build the plugin against this Plexus");
  const auto raw = file.read<plexus_descriptor>(offset);
  PluginDescriptor found;
  found.name = text(raw.name, file);
  found.version = text(raw.version, file);
  found.summary = text(raw.summary, file);
  found.api_major = raw.api_major;
  found.api_minor = raw.api_minor;
  found.sdk_digest = text(raw.sdk_digest, file);
  found.toolkit_digest = text(raw.toolkit_digest, file);
  found.torch = text(raw.torch, file);
  found.compiler = text(raw.compiler, file);
  found.abi = text(raw.abi, file);
  found.build = text(raw.build, file);
  if (!is_plugin_name(found.name))
    file.refuse(fmt::format("calls itself '{}'", found.name), "a plugin's name has letters, digits, _ and - only");
  return found;
}

std::vector<std::string> exported_symbols(const std::filesystem::path& path) {
  const Elf file(path);
  const auto all = sections(file, header(file));
  std::vector<std::string> found;
  for (const Elf64_Shdr& table : all) {
    if (table.sh_type != SHT_DYNSYM) continue;
    if (table.sh_link >= all.size() || table.sh_size > file.size()) file.refuse("has a damaged symbol table", "build it again");
    const Elf64_Shdr& names = all[table.sh_link];
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = file.read<Elf64_Sym>(table.sh_offset + at);
      const auto binding = ELF64_ST_BIND(symbol.st_info);
      if (symbol.st_shndx == SHN_UNDEF || (binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE)) continue;
      if (symbol.st_name >= names.sh_size) file.refuse("has a damaged symbol table", "build it again");
      std::string& name = found.emplace_back();
      for (std::uint64_t k = symbol.st_name; k < names.sh_size; ++k) {
        const char letter = file.read<char>(names.sh_offset + k);
        if (letter == '\0') break;
        name += letter;
      }
    }
  }
  return found;
}

}  // namespace plexus
