#include <plexus/host/plugins.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kBuilt = fs::path(PLEXUS_BUILD_DIR) / "tests/plugins";

// Folders of plugins copied from those that tests/plugins builds. The other search folders are shut off.
class PluginsTest : public ::testing::Test {
 protected:
  PluginsTest() {
    setenv("XDG_DATA_HOME", (folder_ / "nothing").c_str(), 1);
    unsetenv("PLEXUS_PLUGIN_PATH");
    fs::create_directory(here());
    ::testing::internal::CaptureStderr();
  }
  ~PluginsTest() override {
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::Not(HasSubstr("LOUD PLUGIN RAN")));
  }

  fs::path here() const { return folder_ / "plugins"; }
  void put(const std::string& name) { fs::copy_file(kBuilt / (name + ".so"), here() / (name + ".so")); }
  std::string bytes(const std::string& name) { return read_file(kBuilt / (name + ".so")); }
  void write(const std::string& name, const std::string& content) { std::ofstream(here() / name) << content; }

  // Of the file here(); "not found" where the search does not list it.
  std::string problem(const std::string& file) {
    Plugins plugins({here()});
    plugins.open_all();
    for (const auto& plugin : plugins.found())
      if (plugin.file == fs::canonical(here()) / file) return plugin.problem;
    return "not found";
  }
  // The refused plugin does not keep the good one from working.
  void expect_others_load() {
    Plugins plugins({here()});
    EXPECT_NE(plugins.transform("good.scale"), nullptr);
  }

  test::TemporaryFolder folder_;
};

template <class Work>
Error error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::internal, "none");
}

TEST_F(PluginsTest, OpensAnObjectByItsNameOrItsPluginsName) {
  put("good");
  Plugins plugins({here()});
  EXPECT_TRUE(plugins.opened().empty());
  const auto builder = plugins.transform("good.scale");
  builder->options().apply(Node::map({{"factor", Node::scalar("3")}}), "scale");
  Sample sample;
  sample.fields["image"] = at::ones({1, 2, 2});
  Rng rng;
  builder->make()->apply(sample, rng);
  EXPECT_EQ(sample.fields["image"].sum().item<double>(), 12);
  EXPECT_NE(plugins.dataset("empty"), nullptr);
  EXPECT_EQ(plugins.opened().at("good"), fs::canonical(here()) / "good.so");
}

TEST_F(PluginsTest, TellsDescriptorWithoutOpening) {
  put("loud");
  put("good");
  const Plugins plugins({here()});
  ASSERT_EQ(plugins.found().size(), 2u);
  EXPECT_EQ(plugins.found()[0].descriptor.name, "good");
  EXPECT_EQ(plugins.found()[0].descriptor.version, "1.2.3");
  EXPECT_EQ(plugins.found()[1].problem, "");
}

TEST_F(PluginsTest, OpensOnlyThePluginThatIsNamed) {
  put("loud");
  put("good");
  Plugins plugins({here()});
  plugins.transform("good.scale");
  plugins.offers("good");
  EXPECT_EQ(plugins.opened().size(), 1u);
}

TEST_F(PluginsTest, RefusesWhatIsBuiltForAnotherHost) {
  put("good");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"bad_magic", "another kind (magic)"},     {"bad_size", "40 bytes"},
      {"bad_major", "built for interface 2."},   {"bad_minor", "built for interface 1.1 and this Plexus has 1.0"},
      {"bad_digest", "other interface headers"}, {"bad_toolkit", "other framework headers"},
      {"bad_torch", "LibTorch 2.10.0"},          {"bad_abi", "another standard library"},
      {"no_descriptor", "is no Plexus plugin"}};
  for (const auto& [name, sentence] : cases) {
    put(name);
    EXPECT_THAT(problem(name + ".so"), HasSubstr(sentence)) << name;
    const Error error = error_of([&, of = name] { Plugins({here()}).model(of); });
    EXPECT_EQ(error.kind(), ErrorKind::plugin) << name;
    EXPECT_THAT(error.message(), HasSubstr("plugin '" + name + "' is refused")) << name;
    EXPECT_THAT(error.message(), HasSubstr(sentence)) << name;
  }
  expect_others_load();
}

TEST_F(PluginsTest, RefusesWhatChangedSinceItWasBuilt) {
  const std::string whole = read_file(fs::path(PLEXUS_BUILD_DIR) / "lib/plexus/plugins/supervised.so");
  // Nothing is opened: a library that is mapped must not change.
  const auto told = [&](const std::string& bytes) {
    write("supervised.so", bytes);
    return Plugins({here()}).found().front().problem;
  };
  EXPECT_EQ(told(whole), "");
  for (const std::size_t hole : {std::size_t{1000}, whole.size() / 3, whole.size() / 2}) {
    std::string changed = whole;
    std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(hole), 64, '\xA5');
    EXPECT_THAT(told(changed), HasSubstr("it is damaged")) << hole;
  }
  put("good");
  expect_others_load();
}

TEST_F(PluginsTest, RefusesFilesThatAreNoLibraries) {
  put("good");
  const std::string whole = bytes("good");
  write("text.so", "this is a letter\n");
  write("empty.so", "");
  write("header.so", whole.substr(0, 64));
  write("half.so", whole.substr(0, whole.size() / 2));
  std::string foreign = whole;
  foreign[18] = 0x28;  // ELF machine: ARM
  foreign[19] = 0;
  write("foreign.so", foreign);
  fs::create_directory(here() / "folder.so");
  EXPECT_THAT(problem("text.so"), HasSubstr("is no shared library"));
  EXPECT_THAT(problem("empty.so"), HasSubstr("is no shared library"));
  EXPECT_THAT(problem("header.so"), HasSubstr("cut short"));
  EXPECT_THAT(problem("half.so"), HasSubstr("cut short"));
  EXPECT_THAT(problem("foreign.so"), HasSubstr("another kind of machine"));
  EXPECT_THAT(problem("folder.so"), HasSubstr("is no regular file"));
  expect_others_load();
}

TEST_F(PluginsTest, RefusesDamagedCodeWithTheLinkersWords) {
  put("good");
  std::string damaged = bytes("twin");
  // The program headers lead nowhere, while the section table at the file's end is whole.
  for (std::size_t i = 64; i < 64 + 56 * 8; ++i) damaged[i] = '\x7f';
  write("twin.so", damaged);
  EXPECT_THAT(problem("twin.so"), HasSubstr("cannot be loaded"));
  expect_others_load();
}

TEST_F(PluginsTest, RefusesWhatOthersMayWrite) {
  put("good");
  put("twin");
  chmod((here() / "twin.so").c_str(), 0666);
  EXPECT_THAT(problem("twin.so"), HasSubstr("written by everybody"));
  expect_others_load();
}

TEST_F(PluginsTest, RefusesAFolderThatOthersMayWrite) {
  put("good");
  chmod(here().c_str(), 0777);
  Plugins plugins({here()});
  ASSERT_EQ(plugins.found().size(), 1u);
  EXPECT_THAT(plugins.found()[0].problem, HasSubstr("folder may be written by everybody"));
  EXPECT_THROW(plugins.transform("good.scale"), Error);
}

TEST_F(PluginsTest, RefusesAnotherUsersFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  put("good");
  put("twin");
  ASSERT_EQ(chown((here() / "twin.so").c_str(), 12345, 12345), 0);
  EXPECT_THAT(problem("twin.so"), HasSubstr("belongs to another user (uid 12345)"));
  expect_others_load();
}

TEST_F(PluginsTest, RefusesTwoOfOneNameInOneFolder) {
  put("good");
  put("twin");
  fs::copy_file(kBuilt / "twin.so", here() / "another.so");
  EXPECT_THAT(problem("twin.so"), HasSubstr("two files in one folder hold a plugin 'twin' (the other is another.so)"));
  EXPECT_THAT(problem("another.so"), HasSubstr("the other is twin.so"));
  expect_others_load();
}

TEST_F(PluginsTest, AnEarlierFolderHidesALaterOne) {
  put("good");
  const fs::path first = folder_ / "first";
  fs::create_directory(first);
  fs::copy_file(kBuilt / "good.so", first / "renamed.so");
  Plugins plugins({first, here()});
  plugins.open_all();
  ASSERT_EQ(plugins.found().size(), 2u);
  EXPECT_EQ(plugins.opened().at("good"), fs::canonical(first) / "renamed.so");
  for (const auto& plugin : plugins.found())
    EXPECT_EQ(plugin.hidden_by.empty(), plugin.file.filename() == "renamed.so") << plugin.file;
}

TEST_F(PluginsTest, ARefusedPluginHidesNothing) {
  put("good");
  const fs::path first = folder_ / "first";
  fs::create_directory(first);
  fs::copy_file(kBuilt / "good.so", first / "good.so");
  chmod((first / "good.so").c_str(), 0666);
  EXPECT_NE(Plugins({first, here()}).transform("scale"), nullptr);
}

TEST_F(PluginsTest, NamesThePluginThatThrowsWhileItRegisters) {
  put("good");
  put("throws");
  EXPECT_THAT(problem("throws.so"), HasSubstr("plugin 'throws' fails to register: the moon is not full"));
  EXPECT_THAT(error_of([&] { Plugins({here()}).offers("throws"); }).what(), HasSubstr("the moon is not full"));
  expect_others_load();
}

TEST_F(PluginsTest, RefusesAPluginThatOffersANameTwice) {
  put("repeats");
  EXPECT_THAT(problem("repeats.so"), HasSubstr("offers the transform 'nothing' twice"));
}

TEST_F(PluginsTest, RefusesUndefinedSymbolsWhenLoading) {
  put("good");
  put("unresolved");
  EXPECT_THAT(problem("unresolved.so"),
              ::testing::AllOf(HasSubstr("cannot be loaded"), HasSubstr("undefined symbol: plexus_test_nobody_defines_this"),
                               ::testing::Not(HasSubstr("boost")), ::testing::Not(HasSubstr("dlerror")),
                               ::testing::Not(HasSubstr("seek"))));
  expect_others_load();
}

TEST_F(PluginsTest, TheFrameworksNameIsTaken) {
  put("plexus");
  EXPECT_THAT(problem("plexus.so"), HasSubstr("the name 'plexus' belongs to the framework"));
}

TEST_F(PluginsTest, AnAmbiguousNameMustBeSaidInFull) {
  put("good");
  put("twin");
  Plugins plugins({here()});
  const Error error = error_of([&] { plugins.transform("shared"); });
  EXPECT_THAT(error.message(), HasSubstr("offered by the plugins good, twin"));
  EXPECT_THAT(error.hint(), HasSubstr("good.shared"));
  Sample sample;
  Rng rng;
  plugins.transform("twin.shared")->make()->apply(sample, rng);
  EXPECT_EQ(sample.id, "twin");
}

TEST_F(PluginsTest, UnknownNamesComeWithTheNearest) {
  put("good");
  Plugins plugins({here()});
  EXPECT_THAT(error_of([&] { plugins.transform("scael"); }).what(), HasSubstr("no transform 'scael'; did you mean 'scale'?"));
  EXPECT_THAT(error_of([&] { plugins.transform("goood.scale"); }).what(), HasSubstr("did you mean 'good'?"));
  EXPECT_THAT(error_of([&] { plugins.transform("good.scal"); }).what(), HasSubstr("did you mean 'good.scale'?"));
  EXPECT_THAT(error_of([&] { plugins.model("good.scale"); }).what(), HasSubstr("it offers no model"));
  EXPECT_THAT(error_of([&] { plugins.model("zzzzzzz"); }).what(), HasSubstr("plexus plugins list"));
  EXPECT_EQ(error_of([&] { plugins.model("."); }).kind(), ErrorKind::plugin);
  EXPECT_EQ(error_of([&] { plugins.model(""); }).kind(), ErrorKind::plugin);
}

TEST_F(PluginsTest, NamesTheObjectWhoseOptionsCannotBeDeclared) {
  put("twin");
  const Error error = error_of([&] { Plugins({here()}).transform("undeclared"); });
  EXPECT_THAT(error.message(), HasSubstr("plugin 'twin': the transform 'undeclared' cannot declare its options: no memory"));
}

TEST_F(PluginsTest, TheFrameworkOffersItsOwnMetricsAndTransforms) {
  Plugins plugins({});
  EXPECT_NE(plugins.metric("dice"), nullptr);
  EXPECT_NE(plugins.metric("plexus.hd95"), nullptr);
  EXPECT_NE(plugins.transform("min_max"), nullptr);
}

}  // namespace
}  // namespace plexus
