#include <new>
#include <stdexcept>

#include <gtest/gtest.h>
#include <plexus/base/fault.hpp>

namespace plexus {
namespace {

TEST(Fault, OfMemoryIsToldByTypeOrByTheFirstLine) {
  EXPECT_TRUE(is_memory_fault(std::bad_alloc()));
  EXPECT_TRUE(is_memory_fault(std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes\n#0")));
  EXPECT_TRUE(is_memory_fault(std::runtime_error("CUDA out of memory. Tried to allocate 2 GiB")));
  EXPECT_FALSE(is_memory_fault(std::runtime_error("size mismatch\nframe #1: out of memory handler")));
}

TEST(Fault, IsToldWithoutTheStackTrace) {
  EXPECT_EQ(first_line(std::runtime_error("size mismatch\nException raised from f at g.cpp:1\nframe #0")), "size mismatch");
  EXPECT_EQ(first_line(std::runtime_error("")), "");
}

}  // namespace
}  // namespace plexus
