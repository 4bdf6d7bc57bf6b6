#include <plexus/base/node.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace plexus {
namespace {

TEST(Node, KeepsTheOrderOfAMap) {
  Node node;
  node.set("b", Node::scalar("1"));
  node.set("a", Node::scalar("2"));
  node.set("b", Node::scalar("3"));
  ASSERT_EQ(node.entries().size(), 2u);
  EXPECT_EQ(node.entries()[0].first, "b");
  EXPECT_EQ(node.find("b")->text(), "3");
  EXPECT_EQ(node.find("c"), nullptr);
  EXPECT_TRUE(node.erase("b"));
  EXPECT_FALSE(node.erase("b"));
}

TEST(Node, ComparesContentNotPlaces) {
  EXPECT_EQ(Node::scalar("1", {"a", 1, 1}), Node::scalar("1", {"b", 2, 2}));
  EXPECT_FALSE(Node::scalar("1") == Node::list({Node::scalar("1")}));
  EXPECT_FALSE(Node() == Node::scalar(""));
}

TEST(NodeJson, QuotesTextAndLeavesLiterals) {
  Node node;
  node.set("text", Node::scalar("1"));
  node.set("number", Node::literal("0.5"));
  node.set("list", Node::list({Node::literal("1"), Node::literal("true"), Node()}));
  node.set("none", Node::map({}));
  EXPECT_EQ(node.json(), R"({"text":"1","number":0.5,"list":[1,true,null],"none":{}})");
}

TEST(NodeJson, IsValidWhateverIsInIt) {
  for (const char* text : {"inf", "nan", "+1", ".5", "5.", "007", "-0.5", "1e5", "1e-08", "-", "0", "-0", "yes", "0x1", "1 "}) {
    const std::string json = Node::list({Node::literal(text), Node::scalar("a\"\\\n\xff")}).json();
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
  }
  EXPECT_EQ(Node::literal("1e-08").json(), "1e-08");
  EXPECT_EQ(Node::literal("inf").json(), "\"inf\"");
}

TEST(NodeJson, IndentsMapsAndKeepsShortListsOnALine) {
  Node node;
  node.set("size", Node::list({Node::literal("64"), Node::literal("64")}));
  node.set("stages", Node::list({Node::map({{"train", Node::map({})}})}));
  EXPECT_EQ(node.json(2), "{\n  \"size\": [64, 64],\n  \"stages\": [\n    {\n      \"train\": {}\n    }\n  ]\n}");
  EXPECT_EQ(nlohmann::json::parse(node.json(2)), nlohmann::json::parse(node.json()));
}

}  // namespace
}  // namespace plexus
