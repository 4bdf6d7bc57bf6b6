#include <plexus/base/text.hpp>

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

namespace plexus {
namespace {

TEST(Nearest, FindsSlipsOfTheHand) {
  const std::vector<std::string> names{"timesteps", "iterations", "confidence", "lr"};
  EXPECT_EQ(nearest("timestep", names), "timesteps");
  EXPECT_EQ(nearest("itreations", names), "iterations");
  EXPECT_EQ(nearest("Confidence", names), "confidence");
  EXPECT_EQ(nearest("time-steps", names), "timesteps");
  EXPECT_EQ(nearest("lrr", names), "lr");
}

TEST(Nearest, OffersNothingFarOff) {
  EXPECT_EQ(nearest("batch", {"timesteps", "lr"}), "");
  EXPECT_EQ(nearest("x", {"y"}), "");
  EXPECT_EQ(nearest("", {"y", ""}), "");
  EXPECT_EQ(nearest("abc", {}), "");
}

TEST(Nearest, PrefersTheNearest) { EXPECT_EQ(nearest("segments", {"segment2s", "segment", "segmants_"}), "segment2s"); }

TEST(DidYouMean, IsAClauseOrNothing) {
  EXPECT_EQ(did_you_mean("dcie", {"dice"}), "; did you mean 'dice'?");
  EXPECT_EQ(did_you_mean("zzzz", {"dice"}), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(join(split("a,,b,", ','), ","), "a,,b,");
}

TEST(Trim, TakesWhiteSpaceOffBothEnds) {
  EXPECT_EQ(trim(" \t\r\na b \n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(ParseReal, TakesTheWholeText) {
  EXPECT_EQ(parse_real("1e-3"), 1e-3);
  EXPECT_EQ(parse_real("+2.5"), 2.5);
  EXPECT_EQ(parse_real("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(parse_real("nan").value()));
  for (const char* bad : {"", " 1", "1 ", "1,5", "1.5x", "0x10", "+-1", "--1", "1e999", "nan(1)", "1_000", "."})
    EXPECT_FALSE(parse_real(bad)) << bad;
}

TEST(ParseReal, DoesNotDependOnTheLocale) {
  if (!std::setlocale(LC_ALL, "de_DE.UTF-8")) GTEST_SKIP() << "no locale with a decimal comma is installed";
  EXPECT_EQ(parse_real("1.5"), 1.5);
  EXPECT_EQ(format_real(1.5), "1.5");
  std::setlocale(LC_ALL, "C");
}

TEST(ParseInteger, TakesWholeNumbersOnly) {
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_integer("+7"), 7);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<long long>::max());
  for (const char* bad : {"", "1e4", "1_000", "3.0", "9223372036854775808", " 1", "0x1", "+-2"})
    EXPECT_FALSE(parse_integer(bad)) << bad;
}

TEST(ParseFlag, TakesWordsNotNumbers) {
  EXPECT_EQ(parse_flag("yes"), true);
  EXPECT_EQ(parse_flag("True"), true);
  EXPECT_EQ(parse_flag("off"), false);
  EXPECT_FALSE(parse_flag("1"));
  EXPECT_FALSE(parse_flag(""));
  EXPECT_FALSE(parse_flag("y"));
}

TEST(FormatReal, ReadsBackToTheSameBits) {
  for (const double value :
       {0.0, 0.1, 1.0 / 3, 100000.0, 1e15, 1e16, 123456789.125, 5e-324, 1.7976931348623157e308, -2.5e-9, 1e-5})
    EXPECT_EQ(parse_real(format_real(value)), value) << format_real(value);
}

TEST(FormatReal, WritesWhatPeopleWrite) {
  EXPECT_EQ(format_real(0.01), "0.01");
  EXPECT_EQ(format_real(100000), "100000");
  EXPECT_EQ(format_real(-1), "-1");
  EXPECT_EQ(format_real(1e-8), "1e-08");
  EXPECT_EQ(format_real(std::nan("")), "nan");
  EXPECT_EQ(format_real(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Matches, KnowsShellPatterns) {
  EXPECT_TRUE(matches("*.nii.gz", "case.nii.gz"));
  EXPECT_TRUE(matches("case_???", "case_001"));
  EXPECT_TRUE(matches("a*b*c", "axxbyyc"));
  EXPECT_TRUE(matches("[a-c]x[!0-9]", "bxy"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("a[b", "a[b"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_FALSE(matches("[a-c]", "d"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("a*b", "acbd"));
  EXPECT_FALSE(matches("", "a"));
}

TEST(Matches, IsNotSlowOnManyStars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(2000, 'a')));
}

TEST(HtmlEscape, LeavesNothingActive) {
  EXPECT_EQ(html_escape("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
}

TEST(JsonString, EscapesAndMendsBytesThatAreNoText) {
  EXPECT_EQ(json_string("a\"b\\c\n\t\r"), "\"a\\\"b\\\\c\\n\\t\\r\"");
  EXPECT_EQ(json_string(std::string("\0\x1f", 2)), "\"\\u0000\\u001f\"");
  EXPECT_EQ(json_string("± é"), "\"± é\"");
  EXPECT_EQ(json_string("\xff"
                        "a"),
            "\"\xEF\xBF\xBD"
            "a\"");
  EXPECT_EQ(json_string("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // an overlong '/'
  EXPECT_EQ(json_string("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // cut short
}

}  // namespace
}  // namespace plexus
