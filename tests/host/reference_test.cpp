#include <plexus/host/reference.hpp>

#include <cstdlib>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plexus/base/pipeline_file.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using ::testing::HasSubstr;

class ReferenceTest : public ::testing::Test {
 protected:
  ReferenceTest() {
    setenv("XDG_DATA_HOME", folder_.path().c_str(), 1);
    std::filesystem::create_directory(folder_ / "plugins");
    std::filesystem::copy_file(std::filesystem::path(PLEXUS_BUILD_DIR) / "tests/plugins/good.so", folder_ / "plugins/good.so");
    offers_ = Plugins({folder_ / "plugins"}).offers("good");
  }
  test::TemporaryFolder folder_;
  std::vector<Offer> offers_;
};

TEST_F(ReferenceTest, TextShowsEveryProperty) {
  const std::string text = reference_text(offers_);
  for (const char* part : {"transform scale: multiplies", "factor", "real", "[0, 10]", "multiplies intensities; also: scale",
                           "int, times", "[1, inf]", "image | label", "[0.5, 1]", "preset strong: more of it", "times: 3",
                           "dataset empty: no samples", "(needed)"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(ReferenceTest, MarkdownEscapesItsTableMarks) {
  const std::string page = reference_markdown(offers_);
  EXPECT_THAT(page, HasSubstr("## transform `scale`"));
  EXPECT_THAT(page, HasSubstr("| `mode` | text | image | image \\| label | what is scaled |"));
  EXPECT_THAT(page, HasSubstr("added \\| afterwards"));
}

TEST_F(ReferenceTest, JsonIsTyped) {
  const auto json = nlohmann::json::parse(reference_json(offers_));
  const auto& scale = json["objects"][1];
  ASSERT_EQ(scale["name"], "scale");
  EXPECT_EQ(scale["plugin"], "good");
  for (const auto& option : scale["options"]) {
    if (option["name"] == "factor") {
      EXPECT_EQ(option["default"], 2);
      EXPECT_EQ(option["low"], 0);
      EXPECT_EQ(option["aliases"][0], "scale");
    }
    if (option["name"] == "times") {
      EXPECT_FALSE(option.contains("high"));
      EXPECT_EQ(option["unit"], "times");
    }
    if (option["name"] == "on") {
      EXPECT_EQ(option["default"], true);
      EXPECT_EQ(option["affects_results"], false);
    }
    if (option["name"] == "table") { EXPECT_EQ(option["path"], true); }
  }
}

TEST_F(ReferenceTest, StartingPipelineHoldsWhatIsNeededAndDefaultsAsComments) {
  const std::string text = starting_pipeline(offers_);
  const Node pipeline = read_pipeline_text(text, "start.yaml");
  ASSERT_NE(pipeline.find("data"), nullptr);
  EXPECT_EQ(pipeline.find("data")->find("plugin")->text(), "good.empty");
  EXPECT_EQ(pipeline.find("data")->find("root")->text(), "TO_FILL_IN");
  const Node& train = *pipeline.find("stages")->items()[0].find("train");
  ASSERT_EQ(train.find("transforms")->items().size(), 2u);
  const Node& scale = train.find("transforms")->items()[0];
  EXPECT_EQ(scale.entries().size(), 1u);
  EXPECT_EQ(scale.find("plugin")->text(), "good.scale");
  EXPECT_THAT(text, HasSubstr("# multiplies intensities; real: [0, 10]\n          # factor: 2\n"));
}

TEST_F(ReferenceTest, DefaultsOfTheStartingPipelineReadBack) {
  std::string line;
  std::istringstream lines(starting_pipeline({offers_[1]}));
  Node map = Node::map({});
  while (std::getline(lines, line)) {
    const auto at = line.find("# ");
    const auto colon = line.find(": ");
    if (at == std::string::npos || colon == std::string::npos) continue;
    const std::string name = line.substr(at + 2, colon - at - 2);
    if (offers_[1].options()->find(name) == nullptr) continue;
    map.set(name, *read_pipeline_text("value: " + line.substr(colon + 2), "line").find("value"));
  }
  EXPECT_EQ(map.entries().size(), offers_[1].options()->all().size());
  EXPECT_NO_THROW(offers_[1].options()->apply(map, "scale"));
}

TEST(FlowText, QuotesWhatYamlWouldReadOtherwise) {
  EXPECT_EQ(flow_text(Node::scalar("plain text")), "plain text");
  EXPECT_EQ(flow_text(Node::scalar("a: b")), "\"a: b\"");
  EXPECT_EQ(flow_text(Node::scalar("")), "\"\"");
  EXPECT_EQ(flow_text(Node::scalar("null")), "\"null\"");
  EXPECT_EQ(flow_text(Node::list({Node::scalar("1"), Node::scalar("x,y")})), "[1, \"x,y\"]");
  EXPECT_EQ(flow_text(Node::map({{"k", Node::scalar("v")}})), "{k: v}");
}

}  // namespace
}  // namespace plexus
