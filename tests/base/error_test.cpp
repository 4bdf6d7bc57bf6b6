#include <plexus/base/error.hpp>

#include <gtest/gtest.h>

#include "support/thrown.hpp"

namespace plexus {
namespace {

TEST(Error, PutsPlaceMessageAndHintInOneLine) {
  EXPECT_STREQ(Error(ErrorKind::data, "is cut short", "a.nii", "copy it again").what(), "a.nii: is cut short; copy it again");
  EXPECT_STREQ(Error(ErrorKind::data, "is cut short").what(), "is cut short");
}

TEST(Error, WithinPutsTheOuterPlaceInFront) {
  const Error inner(ErrorKind::data, "is empty", "a.nii", "look");
  EXPECT_STREQ(inner.within("stage train").what(), "stage train: a.nii: is empty; look");
  EXPECT_STREQ(Error(ErrorKind::usage, "no").within("here").what(), "here: no");
}

TEST(Error, KindsHaveTheDocumentedExitCodes) {
  EXPECT_EQ(exit_code(ErrorKind::internal), 1);
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::configuration), 3);
  EXPECT_EQ(exit_code(ErrorKind::plugin), 4);
  EXPECT_EQ(exit_code(ErrorKind::data), 5);
  EXPECT_EQ(exit_code(ErrorKind::cases), 6);
  EXPECT_EQ(exit_code(ErrorKind::resource), 7);
  EXPECT_EQ(exit_code(ErrorKind::verification), 8);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), 130);
  EXPECT_EQ(exit_code(ErrorKind::terminated), 143);
}

TEST(Location, ShowsWhatIsKnown) {
  EXPECT_EQ((Location{"a.yaml", 12, 7}.text()), "a.yaml:12:7");
  EXPECT_EQ((Location{"a.yaml", 12, 0}.text()), "a.yaml:12");
  EXPECT_EQ((Location{"a.yaml", 0, 3}.text()), "a.yaml");
  EXPECT_EQ(Location{}.text(), "");
}

TEST(ErrorList, RaisesNothingForNone) { EXPECT_NO_THROW(ErrorList().raise()); }

TEST(ErrorList, RaisesOneAsItIs) {
  ErrorList list;
  EXPECT_TRUE(list.attempt([] {}));
  EXPECT_FALSE(list.attempt([] { throw Error(ErrorKind::data, "one", "a"); }));
  const Error error = test::thrown([&] { list.raise(); });
  EXPECT_EQ(error.where(), "a");
  EXPECT_THROW(
      {
        try {
          list.raise();
        } catch (const Errors&) {
          FAIL() << "one error is not several";
        }
      },
      Error);
}

TEST(ErrorList, RaisesSeveralWithTheLowestCodeAndALineEach) {
  ErrorList inner, outer;
  inner.add(Error(ErrorKind::data, "second"));
  inner.add(Error(ErrorKind::configuration, "third"));
  outer.add(Error(ErrorKind::resource, "first"));
  EXPECT_FALSE(outer.attempt([&] { inner.raise(); }));
  try {
    outer.raise();
    FAIL();
  } catch (const Errors& errors) {
    EXPECT_EQ(errors.all().size(), 3u);  // those of the inner list are taken apart
    EXPECT_EQ(errors.kind(), ErrorKind::configuration);
    EXPECT_STREQ(errors.what(), "first\nsecond\nthird");
  }
}

TEST(ErrorList, LetsFaultsOfTheProgramPass) {
  ErrorList list;
  EXPECT_THROW(list.attempt([] { throw std::logic_error("ours"); }), std::logic_error);
}

}  // namespace
}  // namespace plexus
