#include <gmock/gmock.h>

#include <plexus/base/pipeline_file.hpp>

#include "support/thrown.hpp"

namespace plexus {
namespace {

using test::message_of;
using testing::HasSubstr;

const char* const pipeline = R"(
data: {plugin: acdc, root: /d}
stages:
  - train: {name: segment, trainer: {plugin: diffrect, lr: 0.01}}
  - train: {name: plain, trainer: {plugin: supervised}}
  - predict: {of: segment}
  - evaluate: {metrics: [dice, hd95: {rule: medpy}]}
  - report
)";

Node with(const std::string& assignment) {
  Node root = read_pipeline_text(pipeline, "f.yaml");
  set_value(root, assignment);
  return root;
}

const Node& stage(const Node& root, std::size_t index) { return root.find("stages")->items()[index].entries().front().second; }

std::string lr(const Node& root, std::size_t index) {
  const Node* value = stage(root, index).find("trainer")->find("lr");
  return value ? value->text() : "";
}

TEST(SetValue, ReplacesAndAddsKeys) {
  EXPECT_EQ(with("data.root=../x").find("data")->find("root")->text(), "../x");
  EXPECT_EQ(with("data.cache.size=5").find("data")->find("cache")->find("size")->text(), "5");
  EXPECT_EQ(with("seed=7").find("seed")->text(), "7");
  EXPECT_EQ(with("data=x").find("data")->text(), "x");
}

TEST(SetValue, RemembersWhoSaidIt) {
  const Node root = with("data.cache={size: [5]}");
  const Node& size = *root.find("data")->find("cache")->find("size");
  EXPECT_EQ(size.items()[0].origin(), "--set");
  EXPECT_EQ(size.at().text(), "--set data.cache");
  EXPECT_EQ(root.find("data")->find("root")->origin(), "f.yaml");
}

TEST(SetValue, TakesFlowListsAndMaps) {
  EXPECT_EQ(with("data.size=[64, 64]").find("data")->find("size")->items().size(), 2u);
  EXPECT_EQ(with("data.x={a: {b: 1}}").find("data")->find("x")->find("a")->find("b")->text(), "1");
  EXPECT_EQ(with("data.x=\"[1]\"").find("data")->find("x")->text(), "[1]");
  EXPECT_TRUE(with("data.x=null").find("data")->find("x")->is_null());
  EXPECT_TRUE(with("data.x=").find("data")->find("x")->is_scalar());
}

TEST(SetValue, LeavesPlainTextAlone) {
  for (const char* text : {"*.nii.gz", "a: b", "a=b", "&x", "${HOME}", "# no comment", "-", "C:\\x"})
    EXPECT_EQ(with(std::string("data.x=") + text).find("data")->find("x")->text(), text);
}

TEST(SetValue, FindsStagesByName) {
  const Node root = with("stages.segment.trainer.lr=0.1");
  EXPECT_EQ(lr(root, 0), "0.1");
  EXPECT_EQ(lr(root, 1), "");
  EXPECT_EQ(lr(with("segment.trainer.lr=0.1"), 0), "0.1");
  EXPECT_EQ(lr(with("stages.1.train.trainer.lr=0.1"), 1), "0.1");
}

TEST(SetValue, FindsAllStagesOfAKind) {
  const Node root = with("train.trainer.lr=0.1");
  EXPECT_EQ(lr(root, 0), "0.1");
  EXPECT_EQ(lr(root, 1), "0.1");
  EXPECT_EQ(lr(with("stages.train.trainer.lr=0.1"), 1), "0.1");
}

TEST(SetValue, ANameGoesBeforeAKind) {
  Node root = read_pipeline_text("stages: [{train: {name: predict}}, {predict: {}}]", "f.yaml");
  set_value(root, "predict.x=1");
  EXPECT_NE(stage(root, 0).find("x"), nullptr);
  EXPECT_EQ(stage(root, 1).find("x"), nullptr);
}

TEST(SetValue, ATopLevelKeyGoesBeforeAStage) {
  Node root = read_pipeline_text("train: {a: 1}\nstages: [{train: {a: 1}}]", "f.yaml");
  set_value(root, "train.a=2");
  EXPECT_EQ(root.find("train")->find("a")->text(), "2");
  EXPECT_EQ(stage(root, 0).find("a")->text(), "1");
}

TEST(SetValue, OpensEntriesThatArePlainText) {
  EXPECT_EQ(stage(with("report.title=x"), 4).find("title")->text(), "x");
  const Node root = with("evaluate.metrics.dice.rule=diffrect");
  EXPECT_EQ(stage(root, 3).find("metrics")->items()[0].find("dice")->find("rule")->text(), "diffrect");
  EXPECT_EQ(stage(with("evaluate.metrics.hd95.rule=monai"), 3).find("metrics")->items()[1].find("hd95")->find("rule")->text(),
            "monai");
}

TEST(SetValue, FindsStagesInsideAGroup) {
  Node root = read_pipeline_text("stages: [{repeat: {seed: [0, 1], stages: [{train: {name: t, lr: 1}}]}}]", "f.yaml");
  set_value(root, "t.lr=2");
  set_value(root, "train.x=3");
  const Node& train = stage(root, 0).find("stages")->items()[0].entries()[0].second;
  EXPECT_EQ(train.find("lr")->text(), "2");
  EXPECT_EQ(train.find("x")->text(), "3");
}

TEST(SetValue, RefusesWhatLeadsNowhere) {
  EXPECT_THAT(message_of([] { with("stages.segmnet.lr=1"); }),
              HasSubstr("--set stages.segmnet.lr: the list has no entry 'segmnet'; did you mean 'segment'?"));
  EXPECT_THAT(message_of([] { with("stages.9.lr=1"); }), HasSubstr("no entry 9: the list has 5"));
  EXPECT_THAT(message_of([] { with("stages.-1.lr=1"); }), HasSubstr("no entry -1"));
  EXPECT_THAT(message_of([] { with("data.root.x=1"); }), HasSubstr("'root' holds the text '/d' and has no 'x'"));
  for (const char* text : {"", "=", "a", "=1", "a..b=1", ".a=1", "a.=1"})
    EXPECT_EQ(test::thrown([&] { with(text); }).kind(), ErrorKind::usage) << text;
  EXPECT_THAT(message_of([] { with("data.x={id}.h5"); }), HasSubstr("--set 'data.x=\"{id}.h5\"'"));
  EXPECT_EQ(with("data.x=\"{id}.h5\"").find("data")->find("x")->text(), "{id}.h5");
  EXPECT_EQ(test::thrown([] { with("data.x=[1, 2"); }).kind(), ErrorKind::configuration);
  EXPECT_THAT(message_of([] { with("data.x={a: 1, a: 2}"); }), HasSubstr("--set data.x:1:8: the key 'a' stands twice"));
}

}  // namespace
}  // namespace plexus
