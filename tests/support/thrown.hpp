#pragma once
#include <stdexcept>
#include <string>

#include <plexus/base/error.hpp>

namespace plexus::test {

// The Error that `work` throws, with Errors taken as the one that it is; fails the test by another exception where none comes.
template <class Work>
Error thrown(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("nothing was thrown");
}

// Its text alone.
template <class Work>
std::string message_of(Work&& work) {
  return thrown(work).what();
}

}  // namespace plexus::test
