#include <plexus/base/search.hpp>

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <plexus/base/file.hpp>

#include "base/fake_plugin.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using test::fake_descriptor;
using test::fake_elf;
using testing::ElementsAre;
using testing::HasSubstr;

PluginDescriptor fake_host() {
  PluginDescriptor host;
  host.api_major = 1;
  host.api_minor = 3;
  host.sdk_digest = "0123456789abcde";
  host.toolkit_digest = "edcba9876543210";
  host.torch = "2.11.0";
  host.abi = PLEXUS_ABI;
  return host;
}

class Search : public testing::Test {
 protected:
  Search() {
    for (const char* name : {"a", "b"}) make_folder(folder_ / name);
  }
  fs::path a() const { return folder_ / "a"; }
  fs::path b() const { return folder_ / "b"; }
  void put(const fs::path& file, const std::string& name) { write_file(file, fake_elf(fake_descriptor(name))); }
  std::vector<FoundPlugin> find() { return find_plugins({a(), b()}, fake_host()); }
  test::TemporaryFolder folder_;
};

TEST_F(Search, FindsPluginsSortedByName) {
  put(a() / "x.so", "zebra");
  put(b() / "y.so", "ant");
  write_file(a() / "notes.txt", "x");
  write_file(a() / ".hidden.so", "x");
  make_folder(a() / "deeper");
  put(a() / "deeper/c.so", "unseen");
  const auto found = find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].descriptor.name, "ant");
  EXPECT_EQ(found[0].file, b() / "y.so");
  EXPECT_EQ(found[0].problem, "");
  EXPECT_EQ(found[1].descriptor.name, "zebra");
}

TEST_F(Search, ABadFileIsRefusedAndTheOthersStay) {
  put(a() / "good.so", "good");
  write_file(a() / "junk.so", "junk");
  plexus_descriptor stale = fake_descriptor("stale");
  stale.api_minor = 4;
  write_file(a() / "stale.so", fake_elf(stale));
  fs::create_symlink("nowhere", a() / "dangling.so");
  make_folder(a() / "folder.so");
  const auto found = find();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].problem, "is no regular file; remove it from the plugin folder");
  EXPECT_EQ(found[1].problem, "");
  EXPECT_EQ(found[2].problem, "is no shared library; remove it from the plugin folder");
  EXPECT_EQ(found[3].problem, "it is built for interface 1.4 and this Plexus has 1.3; build the plugin against this Plexus");
  EXPECT_EQ(found[3].descriptor.name, "stale");
}

TEST_F(Search, TheFirstFolderHidesTheLater) {
  put(a() / "m.so", "method");
  put(b() / "m.so", "method");
  const auto found = find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].file, a() / "m.so");
  EXPECT_TRUE(found[0].hidden_by.empty());
  EXPECT_EQ(found[1].hidden_by, a() / "m.so");
}

TEST_F(Search, ARefusedPluginHidesNothing) {
  plexus_descriptor stale = fake_descriptor("method");
  stale.torch[2] = '0';
  write_file(a() / "m.so", fake_elf(stale));
  put(b() / "m.so", "method");
  const auto found = find();
  EXPECT_THAT(found[0].problem, HasSubstr("LibTorch 2.01.0 and this Plexus runs 2.11.0"));
  EXPECT_TRUE(found[1].hidden_by.empty());
  EXPECT_EQ(found[1].problem, "");
}

TEST_F(Search, TwoOfANameInOneFolderAreBothRefused) {
  put(a() / "one.so", "method");
  put(a() / "two.so", "method");
  put(b() / "three.so", "method");
  const auto found = find();
  EXPECT_THAT(found[0].problem, HasSubstr("two files in one folder hold a plugin 'method' (the other is two.so)"));
  EXPECT_THAT(found[1].problem, HasSubstr("the other is one.so"));
  EXPECT_EQ(found[2].problem, "");
}

TEST_F(Search, ALinkToAKnownFileIsNoSecondPlugin) {
  put(a() / "one.so", "method");
  fs::create_symlink("one.so", a() / "two.so");
  fs::create_hard_link(a() / "one.so", a() / "zero.so");
  const auto found = find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].problem, "");
}

TEST_F(Search, WhatEverybodyMayWriteIsRefused) {
  put(a() / "m.so", "method");
  chmod((a() / "m.so").c_str(), 0666);
  put(b() / "n.so", "other");
  chmod(b().c_str(), 0777);
  const auto found = find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].file, b());
  EXPECT_THAT(found[0].problem, HasSubstr("the folder may be written by everybody"));
  EXPECT_THAT(found[1].problem, HasSubstr("the file may be written by everybody"));
}

TEST_F(Search, WhatAnotherUserOwnsIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put(a() / "m.so", "method");
  ASSERT_EQ(chown((a() / "m.so").c_str(), 12345, 12345), 0);
  put(b() / "n.so", "other");
  ASSERT_EQ(chown(b().c_str(), 12345, 12345), 0);
  const auto found = find();
  EXPECT_THAT(found[0].problem, HasSubstr("the folder belongs to another user (uid 12345)"));
  EXPECT_THAT(found[1].problem, HasSubstr("the file belongs to another user (uid 12345)"));
}

TEST_F(Search, FoldersComeInTheirOrder) {
  for (const char* name : {"env", "data/plexus/plugins"}) make_folder(folder_ / name);
  setenv("PLEXUS_PLUGIN_PATH", ("::.:relative:/none/there:" + (folder_ / "env").string() + ":" + b().string()).c_str(), 1);
  setenv("XDG_DATA_HOME", (folder_ / "data").c_str(), 1);
  testing::internal::CaptureStderr();
  auto folders = plugin_folders({a(), folder_ / "none"});
  const std::string warned = testing::internal::GetCapturedStderr();
  std::erase_if(folders,
                [&](const fs::path& path) { return !path.string().starts_with(fs::canonical(folder_.path()).string()); });
  EXPECT_THAT(folders, ElementsAre(fs::canonical(a()), fs::canonical(folder_ / "env"), fs::canonical(b()),
                                   fs::canonical(folder_ / "data/plexus/plugins")));
  EXPECT_THAT(warned, HasSubstr("plugin folder " + (folder_ / "none").string() + " is not there"));
  EXPECT_THAT(warned, HasSubstr("PLEXUS_PLUGIN_PATH: relative is left out"));

  unsetenv("PLEXUS_PLUGIN_PATH");
  setenv("XDG_DATA_HOME", "relative", 1);
  setenv("HOME", folder_.path().c_str(), 1);
  make_folder(folder_ / ".local/share/plexus/plugins");
  folders = plugin_folders({a(), a()});
  ASSERT_GE(folders.size(), 2u);
  EXPECT_EQ(folders[0], fs::canonical(a()));
  EXPECT_EQ(folders[1], fs::canonical(folder_ / ".local/share/plexus/plugins"));
}

TEST(Incompatibility, NamesWhatDiffers) {
  const PluginDescriptor host = fake_host();
  EXPECT_EQ(incompatibility(host, host), "");
  PluginDescriptor other = host;
  other.toolkit_digest = "x";
  EXPECT_THAT(incompatibility(other, host), HasSubstr("other framework headers"));
  other = host;
  other.sdk_digest = "x";
  EXPECT_THAT(incompatibility(other, host), HasSubstr("other interface headers of version 1.3"));
  other = host;
  other.torch = "2.12.0";
  EXPECT_THAT(incompatibility(other, host), HasSubstr("LibTorch 2.12.0 and this Plexus runs 2.11.0"));
  other = host;
  other.abi = "libstdc++ cxx11=0";
  EXPECT_THAT(incompatibility(other, host), HasSubstr("another standard library"));
}

// The host is 1.3: what its author promised to plugins of 1.0 to 1.3, and to no others.
TEST(Incompatibility, AnOlderMinorVersionOfTheInterfaceRuns) {
  const PluginDescriptor host = fake_host();
  PluginDescriptor plugin = host;
  plugin.toolkit_digest = "";  // the sdk level alone
  EXPECT_EQ(incompatibility(plugin, host), "");
  for (const int minor : {0, 1, 2}) {
    plugin.api_minor = minor;
    plugin.sdk_digest = "of then";
    EXPECT_EQ(incompatibility(plugin, host), "") << minor;
  }
  plugin.toolkit_digest = "of then";
  EXPECT_THAT(incompatibility(plugin, host), HasSubstr("other framework headers"));
}

TEST(Incompatibility, ANewerOrAnotherInterfaceIsRefused) {
  const PluginDescriptor host = fake_host();
  const std::vector<std::pair<int, int>> others = {{1, 4}, {2, 0}, {0, 1}, {0, 3}};
  for (const auto& [major, minor] : others) {
    PluginDescriptor plugin = host;
    plugin.api_major = major;
    plugin.api_minor = minor;
    plugin.toolkit_digest = "";
    const std::string version = std::to_string(major) + "." + std::to_string(minor);
    EXPECT_THAT(incompatibility(plugin, host), HasSubstr("interface " + version + " and this Plexus has 1.3"));
  }
}

}  // namespace
}  // namespace plexus
