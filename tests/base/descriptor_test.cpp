#include <plexus/base/descriptor.hpp>

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>

#include <plexus/base/file.hpp>
#include <plexus/base/random.hpp>

#include "base/fake_plugin.hpp"
#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

using test::fake_descriptor;
using test::fake_elf;
using test::thrown;
using testing::HasSubstr;

class Descriptor : public testing::Test {
 protected:
  // What reading a file of these bytes throws.
  std::string refusal(const std::string& bytes) {
    test::overwrite(folder_ / "a.so", bytes);
    const Error error = thrown([&] { read_descriptor(folder_ / "a.so"); });
    EXPECT_EQ(error.kind(), ErrorKind::plugin);
    EXPECT_EQ(error.where(), (folder_ / "a.so").string());
    return error.message();
  }
  test::TemporaryFolder folder_;
};

TEST_F(Descriptor, IsReadFromTheSection) {
  write_file(folder_ / "a.so", fake_elf(fake_descriptor("method")));
  const PluginDescriptor found = read_descriptor(folder_ / "a.so");
  EXPECT_EQ(found.name, "method");
  EXPECT_EQ(found.version, "1.2.3");
  EXPECT_EQ(found.summary, "for tests");
  EXPECT_EQ(found.api_major, 1);
  EXPECT_EQ(found.api_minor, 3);
  EXPECT_EQ(found.sdk_digest, "0123456789abcde");
  EXPECT_EQ(found.toolkit_digest, "");
  EXPECT_EQ(found.torch, "2.11.0");
  EXPECT_EQ(found.abi, PLEXUS_ABI);
}

TEST_F(Descriptor, WhatIsNoLibraryIsRefused) {
  EXPECT_EQ(refusal(""), "is no shared library");
  EXPECT_EQ(refusal("\x7f"
                    "E"),
            "is no shared library");
  EXPECT_EQ(refusal("#!/bin/sh\nexit 0\n"), "is no shared library");
  EXPECT_EQ(refusal(std::string("\x7f"
                                "ELF",
                                4)),
            "is cut short");
  EXPECT_EQ(thrown([&] { read_descriptor(folder_ / "none.so"); }).message(), "cannot be opened: No such file or directory");
  EXPECT_EQ(thrown([&] { read_descriptor(folder_.path()); }).message(), "is no regular file");
  mkfifo((folder_ / "pipe.so").c_str(), 0600);
  EXPECT_EQ(thrown([&] { read_descriptor(folder_ / "pipe.so"); }).message(), "is no regular file");
}

TEST_F(Descriptor, AForeignLibraryOrProgramIsRefused) {
  EXPECT_EQ(thrown([] { read_descriptor("/proc/self/exe"); }).message(), "is no Plexus plugin");  // PIE: looks like a library
  EXPECT_EQ(refusal(test::changed(fake_elf(fake_descriptor("a")), offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_EXEC})),
            "is no shared library");
}

TEST_F(Descriptor, AnotherMachineIsRefused) {
  const std::string good = fake_elf(fake_descriptor("a"));
  for (const auto& bytes : {test::changed(good, offsetof(Elf64_Ehdr, e_machine), Elf64_Half{EM_S390}),
                            test::changed(good, EI_CLASS, char{ELFCLASS32}), test::changed(good, EI_DATA, char{ELFDATA2MSB})})
    EXPECT_EQ(refusal(bytes), "is built for another kind of machine");
}

TEST_F(Descriptor, EveryCutIsRefused) {
  const std::string good = fake_elf(fake_descriptor("a"));
  for (std::size_t size = 0; size < good.size(); size += 7) refusal(good.substr(0, size));
  refusal(good.substr(0, good.size() - 1));
}

TEST_F(Descriptor, OffsetsBeyondTheFileAreRefused) {
  const std::string good = fake_elf(fake_descriptor("a"));
  for (const Elf64_Off off : {Elf64_Off{1} << 40, ~Elf64_Off{0}, ~Elf64_Off{0} - 63}) {
    EXPECT_EQ(refusal(test::changed(good, offsetof(Elf64_Ehdr, e_shoff), off)), "is cut short");
    EXPECT_EQ(refusal(test::changed(good, test::section_field(good, 1, offsetof(Elf64_Shdr, sh_offset)), off)), "is cut short");
  }
  EXPECT_EQ(refusal(test::changed(good, offsetof(Elf64_Ehdr, e_shnum), Elf64_Half{0})), "is no Plexus plugin");
  EXPECT_EQ(refusal(test::changed(good, offsetof(Elf64_Ehdr, e_shnum), Elf64_Half{65535})), "is cut short");
  EXPECT_EQ(refusal(test::changed(good, offsetof(Elf64_Ehdr, e_shstrndx), Elf64_Half{9})), "has a damaged section table");
  EXPECT_EQ(refusal(test::changed(good, offsetof(Elf64_Ehdr, e_shentsize), Elf64_Half{1})), "has a damaged section table");
  EXPECT_EQ(refusal(test::changed(good, test::section_field(good, 1, offsetof(Elf64_Shdr, sh_name)), Elf64_Word{0xFFFFFFFF})),
            "is no Plexus plugin");
  EXPECT_EQ(refusal(test::changed(good, test::section_field(good, 1, offsetof(Elf64_Shdr, sh_type)), Elf64_Word{SHT_NOBITS})),
            "has a damaged descriptor");
  EXPECT_EQ(refusal(test::changed(good, test::section_field(good, 2, offsetof(Elf64_Shdr, sh_offset)), ~Elf64_Off{0})),
            "is no Plexus plugin");
}

TEST_F(Descriptor, ADescriptorOfAnotherKindIsRefused) {
  plexus_descriptor other = fake_descriptor("a");
  other.magic[14] = '2';
  EXPECT_EQ(refusal(fake_elf(other)), "has a descriptor of another kind (magic)");
  other = fake_descriptor("a");
  other.size = 12;
  EXPECT_EQ(refusal(fake_elf(other)),
            "has a descriptor of 12 bytes where this Plexus knows " + std::to_string(sizeof(plexus_descriptor)));
}

TEST_F(Descriptor, TextsWithoutEndOrWithControlCharactersAreRefused) {
  plexus_descriptor bad = fake_descriptor("a");
  std::memset(bad.summary, 'x', sizeof(bad.summary));
  EXPECT_EQ(refusal(fake_elf(bad)), "has a damaged descriptor");
  bad = fake_descriptor("a");
  std::strcpy(bad.summary, "\033[2J");
  EXPECT_EQ(refusal(fake_elf(bad)), "has a damaged descriptor");
  for (const char* name : {"", "../x", "a b", "ä"})
    EXPECT_THAT(refusal(fake_elf(fake_descriptor(name))), HasSubstr("calls itself"));
}

TEST_F(Descriptor, RandomDamageNeverCrashes) {
  const std::string good = fake_elf(fake_descriptor("a"));
  Rng rng(1);
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k)
      bytes[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(bytes.size())))] =
          static_cast<char>(rng.integer(0, 256));
    test::overwrite(folder_ / "a.so", bytes);
    try {
      read_descriptor(folder_ / "a.so");
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::plugin);
    }
  }
}

}  // namespace
}  // namespace plexus
