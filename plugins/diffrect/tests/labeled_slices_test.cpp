#include "labeled_slices.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

TEST(LabeledSlices, AreFoundByTheRootsText) {
  EXPECT_EQ(labeled_slices("./datasets/ACDC", 1), 32);
  EXPECT_EQ(labeled_slices("/data/mscmrseg19_split2/", 7), 103);
}

TEST(LabeledSlices, RefuseWhatWasNotPublished) {
  EXPECT_THROW(labeled_slices("ACDC", 2), Error);
  EXPECT_THROW(labeled_slices("mscmrseg19", 7), Error);
  EXPECT_THROW(labeled_slices("acdc", 1), Error);
}

}  // namespace
}  // namespace plexus::diffrect
