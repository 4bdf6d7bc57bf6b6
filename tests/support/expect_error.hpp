#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <plexus/base/error.hpp>

namespace plexus::test {

// The work must throw an Error of this kind whose text holds all the parts.
template <class Work>
void expect_error(ErrorKind kind, const std::vector<std::string>& parts, Work&& work) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    for (const auto& part : parts) EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(part));
  }
}

}  // namespace plexus::test
