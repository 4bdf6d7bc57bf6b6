#include <plexus/host/schema.hpp>

#include <cstdlib>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using Json = nlohmann::json;

struct TrainSettings {
  std::int64_t steps = 10;
  double rate = 0.1;
  void declare(Options& options) {
    options.add("steps", steps, "how many").range(1).unit("steps");
    options.add("rate", rate, "learning rate").range(0, 1);
  }
};

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() {
    setenv("XDG_DATA_HOME", folder_.path().c_str(), 1);
    std::filesystem::create_directory(folder_ / "plugins");
    std::filesystem::copy_file(std::filesystem::path(PLEXUS_BUILD_DIR) / "tests/plugins/good.so", folder_ / "plugins/good.so");
    settings_.declare(train_);
    top_.add("seed", seed_, "of all draws");
    Plugins plugins({folder_ / "plugins"});
    schema_ = Json::parse(pipeline_schema(
        plugins, {{"train", "trains a model", &train_, {{"model", "model"}, {"transforms", "transform", true}}}}, top_));
  }

  // Of the way {plugin: NAME, …} to write an object.
  Json by_plugin(const std::string& kind, const std::string& name) const {
    for (const auto& way : schema_["$defs"][kind]["anyOf"]) {
      if (!way.contains("properties") || !way["properties"].contains("plugin")) continue;
      for (const auto& one : way["properties"]["plugin"]["enum"])
        if (one == name) return way;
    }
    return {};
  }

  test::TemporaryFolder folder_;
  TrainSettings settings_;
  std::int64_t seed_ = 1;
  Options train_, top_;
  Json schema_;
};

TEST_F(SchemaTest, IsADraft2020SchemaThatAllowsNoOtherKeys) {
  EXPECT_EQ(schema_["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema_["additionalProperties"], false);
  for (const char* key : {"include", "data", "stages", "seed"}) EXPECT_TRUE(schema_["properties"].contains(key)) << key;
}

TEST_F(SchemaTest, StagesHoldTheirOptionsAndObjects) {
  EXPECT_EQ(schema_["properties"]["stages"]["items"]["$ref"], "#/$defs/stage");
  const Json train = schema_["$defs"]["stage"]["anyOf"][0]["properties"]["train"];
  const Json steps = train["properties"]["steps"];
  EXPECT_EQ(steps["anyOf"][0]["type"], "integer");
  EXPECT_EQ(steps["anyOf"][0]["minimum"], 1);
  EXPECT_EQ(steps["default"], 10);
  EXPECT_EQ(steps["description"], "how many [steps]");
  EXPECT_EQ(train["properties"]["rate"]["anyOf"][0]["maximum"], 1);
  EXPECT_EQ(train["properties"]["transforms"]["items"]["$ref"], "#/$defs/transform");
  EXPECT_TRUE(train["properties"].contains("name"));
  EXPECT_EQ(train["additionalProperties"], false);
}

// Stages and their objects are options of the file as well, of the types that say least.
TEST_F(SchemaTest, WhatIsKnownOfAnOptionIsNotWrittenOver) {
  std::vector<Node> list;
  Node data, model;
  Options top, train;
  top.add("stages", list, "what is done, in order");
  top.add("data", data, "the data set");
  train.add("model", model, "what is trained");
  StageKind kind{.name = "train", .summary = "trains", .options = &train, .objects = {{.key = "model", .kind = "model"}}};
  Plugins plugins({folder_ / "plugins"});
  const auto schema = Json::parse(pipeline_schema(plugins, {kind}, top));
  EXPECT_EQ(schema["properties"]["stages"]["items"]["$ref"], "#/$defs/stage");
  EXPECT_EQ(schema["properties"]["stages"]["description"], "what is done, in order");
  EXPECT_EQ(schema["properties"]["data"]["$ref"], "#/$defs/dataset");
  const auto ways = schema["$defs"]["stage"]["anyOf"];
  EXPECT_EQ(ways[0]["properties"]["train"]["properties"]["model"]["anyOf"][0]["$ref"], "#/$defs/model");
  EXPECT_TRUE(ways.back()["properties"].contains("repeat"));
}

TEST_F(SchemaTest, ObjectsOfPluginsHoldTheirOptions) {
  const Json scale = by_plugin("transform", "scale");
  ASSERT_FALSE(scale.is_null());
  EXPECT_EQ(scale, by_plugin("transform", "good.scale"));
  const Json& options = scale["properties"];
  EXPECT_EQ(options["factor"]["anyOf"][0], Json({{"type", "number"}, {"minimum", 0}, {"maximum", 10}}));
  EXPECT_EQ(options["scale"]["description"], "another name of factor");
  EXPECT_EQ(options["mode"]["anyOf"][0]["enum"], Json({"image", "label"}));
  EXPECT_EQ(options["on"]["anyOf"][0]["type"], "boolean");
  EXPECT_EQ(options["offsets"]["anyOf"][0]["type"], "array");
  EXPECT_EQ(options["preset"]["anyOf"][0]["enum"].back(), "strong");
  EXPECT_EQ(scale["required"], Json({"plugin"}));
  EXPECT_EQ(by_plugin("dataset", "empty")["required"], Json::array({"plugin"}));  // `of` may stand for root
}

TEST_F(SchemaTest, EveryReferenceLeadsSomewhere) {
  const std::string text = schema_.dump();
  const std::string mark = "\"$ref\":\"#/$defs/";
  std::size_t count = 0;
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), ++count) {
    const auto begin = at + mark.size();
    EXPECT_TRUE(schema_["$defs"].contains(text.substr(begin, text.find('"', begin) - begin)));
  }
  EXPECT_GE(count, 3u);
}

}  // namespace
}  // namespace plexus
