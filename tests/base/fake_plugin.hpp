#pragma once
#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <plexus/sdk/abi.hpp>

namespace plexus::test {

// A descriptor that a host of `fake_host` takes.
inline plexus_descriptor fake_descriptor(const std::string& name) {
  plexus_descriptor made{};
  std::strcpy(made.magic, PLEXUS_DESCRIPTOR_MAGIC);
  made.size = sizeof(made);
  made.api_major = 1;
  made.api_minor = 3;
  std::strcpy(made.sdk_digest, "0123456789abcde");
  std::strcpy(made.torch, "2.11.0");
  std::strcpy(made.compiler, "g++ 12.2");
  std::strcpy(made.abi, PLEXUS_ABI);
  std::strcpy(made.build, "Release");
  std::strcpy(made.name, name.c_str());
  std::strcpy(made.version, "1.2.3");
  std::strcpy(made.summary, "for tests");
  return made;
}

template <class T>
std::string bytes_of(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

// The smallest file that reads as a plugin: header, descriptor, names, and the table of sections 0 (none), 1 (.plexus),
// 2 (names).
inline std::string fake_elf(const plexus_descriptor& descriptor) {
  const std::string names("\0.plexus\0.shstrtab\0", 19);
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
  head.e_machine = EM_X86_64;
#else
  head.e_machine = EM_AARCH64;
#endif
  head.e_type = ET_DYN;
  head.e_shentsize = sizeof(Elf64_Shdr);
  head.e_shnum = 3;
  head.e_shstrndx = 2;
  head.e_shoff = sizeof(head) + sizeof(descriptor) + names.size();
  Elf64_Shdr none{}, own{}, table{};
  own.sh_name = 1;
  own.sh_type = SHT_PROGBITS;
  own.sh_offset = sizeof(head);
  own.sh_size = sizeof(descriptor);
  table.sh_name = 9;
  table.sh_type = SHT_STRTAB;
  table.sh_offset = sizeof(head) + sizeof(descriptor);
  table.sh_size = names.size();
  return bytes_of(head) + bytes_of(descriptor) + names + bytes_of(none) + bytes_of(own) + bytes_of(table);
}

template <class T>
std::string changed(std::string bytes, std::size_t offset, T value) {
  return bytes.replace(offset, sizeof(T), bytes_of(value));
}

// Where a field of a section's header lies in a file made by fake_elf.
inline std::size_t section_field(const std::string& elf, std::size_t section, std::size_t field) {
  return elf.size() - (3 - section) * sizeof(Elf64_Shdr) + field;
}

inline void overwrite(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace plexus::test
