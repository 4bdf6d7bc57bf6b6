#include <gtest/gtest.h>

#include <plexus/base/pipeline_file.hpp>

#include "fuzz/mutate.hpp"

namespace plexus {
namespace {

TEST(PipelineFuzz, MutantsAreTakenOrRefused) {
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(PLEXUS_SOURCE_DIR) / "pipelines")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto seed = test::bytes_of(entry.path());
    const auto name = entry.path().filename().string();
    test::refused_mutants(seed, name, 150, [&](const std::string& text) { read_pipeline_text(text, name); });
  }
  const std::string json = R"({"name": "a", "data": {"plugin": "la", "root": "${HOME:-x}"}, "stages": [{"train": {"seed": [1, 2.5e3, null]}}]})";
  EXPECT_GT(test::refused_mutants(json, "json", 1500, [](const std::string& text) { read_pipeline_text(text, "fuzz.json"); }), 300);
}

TEST(PipelineFuzz, TextsThatBeginWithACommaEnd) {
  for (const char* text : {", a: 1", ",", ", e 2.5e#, null{\"na}e\": \"a\"}"}) EXPECT_THROW(read_pipeline_text(text, "comma.yaml"), Error) << text;
}

TEST(PipelineFuzz, DeepNestingIsRefused) {
  for (const char open : {'[', '{'}) {
    const std::string deep(100000, open);
    EXPECT_THROW(read_pipeline_text("a: " + deep, "deep.yaml"), Error);
    EXPECT_THROW(read_pipeline_text(deep, "deep.json"), Error);
  }
  std::string indented;
  for (int level = 0; level < 3000; ++level) indented += std::string(static_cast<std::size_t>(level), ' ') + "a:\n";
  EXPECT_THROW(read_pipeline_text(indented, "indented.yaml"), Error);
}

TEST(PipelineFuzz, ValuesOfSet) {
  EXPECT_GT(test::refused_mutants("train.trainer={plugin: x, sizes: [64, 64]}", "set", 2000,
                                  [](const std::string& text) {
                                    Node root = read_pipeline_text("train: {trainer: {plugin: y}}", "root.yaml");
                                    set_value(root, text);
                                  }),
            300);
}

}  // namespace
}  // namespace plexus
