#include <plexus/base/pipeline_file.hpp>

#include <gmock/gmock.h>
#include <stdlib.h>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

using test::message_of;
using test::thrown;
using testing::HasSubstr;

Node read(const std::string& text) { return read_pipeline_text(text, "f.yaml"); }

TEST(PipelineFile, KeepsPlacesAndOrigins) {
  const Node node = read("a: 1\nstages:\n  - train:\n      lr: 0.01\n");
  EXPECT_EQ(node.find("a")->at().text(), "f.yaml:1:1");
  const Node& train = *node.find("stages")->items()[0].find("train");
  EXPECT_EQ(train.at().text(), "f.yaml:3:5");
  EXPECT_EQ(train.find("lr")->at().text(), "f.yaml:4:7");
  EXPECT_EQ(train.find("lr")->origin(), "f.yaml");
  EXPECT_EQ(train.find("lr")->text(), "0.01");
}

TEST(PipelineFile, LeavesScalarsAsTheyAreWritten) {
  const Node node = read("a: 007\nb: no\nc: 1e5\nd: \"null\"\ne: null\nf:\ng: ''\nh: 1_000\n");
  EXPECT_EQ(node.find("a")->text(), "007");
  EXPECT_EQ(node.find("b")->text(), "no");
  EXPECT_EQ(node.find("c")->text(), "1e5");
  EXPECT_TRUE(node.find("d")->is_scalar());
  EXPECT_TRUE(node.find("e")->is_null());
  EXPECT_TRUE(node.find("f")->is_null());
  EXPECT_TRUE(node.find("g")->is_scalar());
  EXPECT_EQ(node.find("h")->text(), "1_000");
}

TEST(PipelineFile, TakesJsonAsItIs) {
  const Node node = read(
      "{\n\t\"a\":1,\"b\":[true,null,\"x\\ty\\u00e9\\ud83d\\ude00\\/\"],\n\t\"c\":{\"d\":-1.5e-3}, \"e\\\\ud83d\": \"\"\n}\n");
  EXPECT_EQ(node.find("a")->text(), "1");
  EXPECT_EQ(node.find("b")->items()[0].text(), "true");
  EXPECT_TRUE(node.find("b")->items()[1].is_null());
  EXPECT_EQ(node.find("b")->items()[2].text(), "x\tyé😀/");
  EXPECT_EQ(node.find("c")->find("d")->text(), "-1.5e-3");
  EXPECT_EQ(node.find("c")->at().line, 3);
  EXPECT_NE(node.find("e\\ud83d"), nullptr);
}

TEST(PipelineFile, AnEmptyFileIsAnEmptyMap) {
  EXPECT_TRUE(read("").is_map());
  EXPECT_TRUE(read("# only a comment\n").is_map());
  EXPECT_TRUE(read("---\n").is_map());
}

TEST(PipelineFile, RefusesWhatTheSubsetLeavesOut) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' stands twice; first at line 1"},
      {"a: {b: 1, b: 2}\n", "f.yaml:1:11: the key 'b' stands twice"},
      {"a:\n\tb: 1\n", "f.yaml:2:1: a tab; indent with spaces"},
      {"a:\tb\n", "f.yaml:1:3: a tab"},
      {"a: !!int 5\n", "f.yaml:1:4: tags are not taken"},
      {"a: !thing {b: 1}\n", "tags are not taken: !thing"},
      {"a: &x 5\n", "f.yaml:1:4: anchors (&name) are not taken"},
      {"a: *x\n", "f.yaml:1:4: "},
      {"a: &x {b: 1}\nc: *x\n", "aliases (*name) are not taken"},
      {"a: {b: 1}\nc:\n  <<: {d: 1}\n", "f.yaml:3:3: merge keys (<<) are not taken"},
      {"a: 1\n---\nb: 2\n", "a second document"},
      {"? [a, b]\n: 1\n", "a key must be plain text"},
      {"~: 1\n", "f.yaml:1:1: a key must be plain text"},
      {"- a\n- b\n", "f.yaml:1:1: expected a map"},
      {"just text\n", "expected a map"},
      {"a: [1, 2\n", "f.yaml:"},
      {"a: \"open\n", "f.yaml:"},
      {"a: b: c\n", "f.yaml:1:"},
      {"a: 1\n b: 2\n", "f.yaml:2:"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.first);
    Error error(ErrorKind::internal, "");
    EXPECT_NO_THROW(error = thrown([&] { read(one.first); }));
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    EXPECT_THAT(error.what(), HasSubstr(one.second));
  }
}

TEST(PipelineFile, ReportsAllFaultsTogether) {
  const auto lines = split(message_of([] { read("a: !!int 1\nb: &x 2\nb: 3\n? {k: v}\n: 4\nc: ok\nc: again\n"); }), '\n');
  EXPECT_EQ(lines.size(), 5u) << join(lines, "\n");
}

TEST(PipelineFile, TabsInCommentsDoNoHarm) { EXPECT_EQ(read("a: 1 #\tnote\n#\tnote\n").find("a")->text(), "1"); }

TEST(PipelineFile, SurvivesHostileTexts) {
  std::string aliases = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c)
    aliases += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" + static_cast<char>(c - 1) + "]\n";
  for (const std::string& text : {aliases, std::string(100000, '['), std::string(100000, '{'), std::string("a: \0b", 5),
                                  std::string(20 << 20, 'a'), std::string("\xFF\xFE\x00\x01\xFF\xFF", 6),
                                  std::string("%YAML 9.9\n---\na: !<x> 1\n"), std::string(5000, '-') + " a"}) {
    const Error error = thrown([&] { read(text); });
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
  }
}

TEST(Includes, AreMergedDeeplyBelowTheFile) {
  const test::TemporaryFolder folder;
  write_file(folder / "base.yaml", "data: {plugin: acdc, root: /d, size: [1, 2]}\nkeep: 1\n");
  write_file(folder / "more.yaml", "data: {plugin: la}\nstages: [a]\n");
  write_file(folder / "top.yaml", "include: [base.yaml, more.yaml]\ndata: {size: [3]}\n");
  const Node node = read_pipeline_file(folder / "top.yaml");
  EXPECT_EQ(node.find("include"), nullptr);
  EXPECT_EQ(node.find("data")->find("plugin")->text(), "la");
  EXPECT_EQ(node.find("data")->find("root")->text(), "/d");
  EXPECT_EQ(node.find("data")->find("size")->items().size(), 1u);
  EXPECT_EQ(node.find("keep")->text(), "1");
  EXPECT_EQ(node.find("data")->find("root")->origin(), (folder / "base.yaml").string());
  EXPECT_EQ(node.find("data")->find("size")->origin(), (folder / "top.yaml").string());
}

TEST(Includes, AreRelativeToTheFileThatSaysThem) {
  const test::TemporaryFolder folder;
  make_folder(folder / "parts/deep");
  write_file(folder / "parts/deep/c.yaml", "c: 3\n");
  write_file(folder / "parts/b.yaml", "include: deep/c.yaml\nb: 2\n");
  write_file(folder / "a.yaml", "include: parts/b.yaml\n");
  EXPECT_EQ(read_pipeline_file(folder / "a.yaml").find("c")->text(), "3");
}

TEST(Includes, CyclesAndMissingFilesAreRefusedWhereTheyAreSaid) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.yaml", "x: 1\ninclude: b.yaml\n");
  write_file(folder / "b.yaml", "include: ./a.yaml\n");
  EXPECT_THAT(message_of([&] { read_pipeline_file(folder / "a.yaml"); }), HasSubstr("b.yaml:1:1: "));
  EXPECT_THAT(message_of([&] { read_pipeline_file(folder / "a.yaml"); }), HasSubstr("includes itself"));
  write_file(folder / "c.yaml", "include: [none.yaml, 5: 6]\n");
  const std::string text = message_of([&] { read_pipeline_file(folder / "c.yaml"); });
  EXPECT_THAT(text, HasSubstr("c.yaml:1:11: no file"));
  EXPECT_THAT(text, HasSubstr("include takes a file or a list of files"));
  write_file(folder / "d.yaml", "include: {a: b}\n");
  EXPECT_THAT(message_of([&] { read_pipeline_file(folder / "d.yaml"); }), HasSubstr("include takes a file"));
}

TEST(Includes, ManyCannotMakeALittleTextLong) {
  const test::TemporaryFolder folder;
  write_file(folder / "0.yaml", "a: 1\n");
  for (int i = 1; i < 40; ++i)
    write_file(folder / (std::to_string(i) + ".yaml"),
               "include: [" + std::to_string(i - 1) + ".yaml, " + std::to_string(i - 1) + ".yaml]\n");
  EXPECT_THAT(message_of([&] { read_pipeline_file(folder / "39.yaml"); }), HasSubstr("more than 1000 files"));
}

TEST(PipelineFile, AMissingOrUnreadableFileIsAConfigurationError) {
  const test::TemporaryFolder folder;
  const Error missing = thrown([&] { read_pipeline_file(folder / "none.yaml"); });
  EXPECT_EQ(missing.kind(), ErrorKind::configuration);
  EXPECT_THAT(missing.what(), HasSubstr("none.yaml"));
  EXPECT_EQ(thrown([&] { read_pipeline_file(folder.path()); }).kind(), ErrorKind::configuration);
}

TEST(Variables, AreTakenFromTheEnvironment) {
  setenv("PLEXUS_TEST_A", "/data", 1);
  setenv("PLEXUS_TEST_EMPTY", "", 1);
  unsetenv("PLEXUS_TEST_NONE");
  const Node node = read(
      "a: ${PLEXUS_TEST_A}/x\nb: ${PLEXUS_TEST_NONE:-here}\nc: [${PLEXUS_TEST_A:-no}]\nd: $${PLEXUS_TEST_A}\ne: "
      "\"x${PLEXUS_TEST_EMPTY}y\"\n"
      "f: ${PLEXUS_TEST_EMPTY:-z}\ng: $5\nh: {i: ${PLEXUS_TEST_A}/y, j: 1}\n");
  EXPECT_EQ(node.find("h")->find("i")->text(), "/data/y");
  EXPECT_EQ(node.find("h")->find("j")->text(), "1");
  EXPECT_EQ(node.find("a")->text(), "/data/x");
  EXPECT_EQ(node.find("b")->text(), "here");
  EXPECT_EQ(node.find("c")->items()[0].text(), "/data");
  EXPECT_EQ(node.find("d")->text(), "${PLEXUS_TEST_A}");
  EXPECT_EQ(node.find("e")->text(), "xy");
  EXPECT_EQ(node.find("f")->text(), "z");
  EXPECT_EQ(node.find("g")->text(), "$5");
}

TEST(Variables, UnsetOnesAreAllNamed) {
  unsetenv("PLEXUS_TEST_NONE");
  unsetenv("PLEXUS_TEST_NEITHER");
  const std::string text =
      message_of([] { read("a: ${PLEXUS_TEST_NONE}\nb: [\"${PLEXUS_TEST_NEITHER}\"]\nc: ${open\nd: ${1x}\n"); });
  EXPECT_THAT(text, HasSubstr("f.yaml:1:1: the environment variable PLEXUS_TEST_NONE is not set"));
  EXPECT_THAT(text, HasSubstr("f.yaml:2:5: the environment variable PLEXUS_TEST_NEITHER is not set"));
  EXPECT_THAT(text, HasSubstr("f.yaml:3:1: ${ without }"));
  EXPECT_THAT(text, HasSubstr("'1x' is no name"));
}

TEST(Variables, ValuesAreNotReadAgain) {
  setenv("PLEXUS_TEST_A", "${PLEXUS_TEST_A} [1, 2]", 1);
  EXPECT_EQ(read("a: ${PLEXUS_TEST_A}\n").find("a")->text(), "${PLEXUS_TEST_A} [1, 2]");
}

TEST(ToYaml, ReadsBackEqual) {
  const Node node = read(
      "a: 1\nb: {c: [1, [2, 3], {d: null}], e: {}, f: []}\n\"odd: key\": \"$${X} # no: comment\"\nstages:\n  - train: {name: "
      "x}\n  - "
      "report\n  - - nested\n    - {a: b}\ntext: \"line\\nbreak\\ttab\"\n\"\": \"\"\nn: \"null\"\nt: \"~\"\ndots: "
      "\"...\"\ndash: \"- a\"\nneg: -1.5e-3\n"
      "bool: \"true\"\nspace: \" a \"\nquote: \"'\"\npath: ../shared/data\n");
  EXPECT_EQ(read(to_yaml(node)), node) << to_yaml(node);
}

}  // namespace
}  // namespace plexus
