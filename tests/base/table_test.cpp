#include <plexus/base/table.hpp>

#include <gmock/gmock.h>

#include "support/thrown.hpp"

namespace plexus {
namespace {

using test::message_of;
using testing::HasSubstr;

TEST(Table, AlignsNumbersToTheRight) {
  Table table({"case", "dice", "n"});
  table.add({"patient001", "0.9", "10"});
  table.add({"äö", "0.85 ± 0.02", ""});
  EXPECT_EQ(table.text(),
            "case               dice   n\n"
            "patient001          0.9  10\n"
            "äö          0.85 ± 0.02\n");
}

TEST(Table, ARowOfAnotherWidthIsAFaultOfTheProgram) { EXPECT_THROW(Table({"a", "b"}).add({"1"}), std::logic_error); }

TEST(TableCsv, ReadsBackEqual) {
  Table table({"a", "b,c", "d"});
  table.add({"1", "x \"quoted\"", "line\nbreak"});
  table.add({"", "\r", " space "});
  table.add({"\"", "", ""});
  const Table again = Table::parse_csv(table.csv(), "t.csv");
  EXPECT_EQ(again.columns(), table.columns());
  EXPECT_EQ(again.rows(), table.rows());
  EXPECT_EQ(again.csv(), table.csv());
}

TEST(TableCsv, OneColumnMayBeEmpty) {
  Table table({"a"});
  table.add({""});
  EXPECT_EQ(Table::parse_csv(table.csv(), "t").rows().size(), 1u);
}

TEST(TableCsv, TakesWindowsLinesAByteOrderMarkAndNoLastNewline) {
  const Table table = Table::parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n3,",
      "t.csv");
  EXPECT_EQ(table.columns()[0], "a");
  EXPECT_EQ(table.rows()[0][1], "2");
  EXPECT_EQ(table.rows()[1][1], "");
}

TEST(TableCsv, TakesSemicolonsWhereTheHeadingHasNoComma) {
  const Table table = Table::parse_csv("image;label\na,b.nii;c.nii\n", "t.csv");
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"image", "label"}));
  EXPECT_EQ(table.rows()[0][0], "a,b.nii");
  EXPECT_EQ(Table::parse_csv("a,b;c\n1,2\n", "t.csv").columns()[1], "b;c");
}

TEST(TableCsv, RefusesWhatIsDamagedWithItsLine) {
  EXPECT_THAT(message_of([] { Table::parse_csv("", "t.csv"); }), HasSubstr("t.csv:1: is empty"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a,b\n1,2\n3\n", "t.csv"); }),
              HasSubstr("t.csv:3: 1 cells where the heading has 2"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a,b\n\"x\ny\",2\n\"open\nmore", "t.csv"); }),
              HasSubstr("t.csv:4: a quote that is never closed"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a\n\"", "t.csv"); }), HasSubstr("t.csv:2: a quote that is never closed"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a\n\"\"\"", "t.csv"); }), HasSubstr("t.csv:2: a quote that is never closed"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a\n\"x\"y\n", "t.csv"); }), HasSubstr("t.csv:2: text after a closing quote"));
  EXPECT_THAT(message_of([] { Table::parse_csv("a\rb\n", "t.csv"); }), HasSubstr("a carriage return"));
  EXPECT_EQ(test::thrown([] { Table::parse_csv("", "t"); }).kind(), ErrorKind::data);
}

}  // namespace
}  // namespace plexus
