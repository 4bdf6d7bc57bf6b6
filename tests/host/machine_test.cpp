#include <plexus/host/machine.hpp>

#include <sched.h>

#include <cstdlib>
#include <stdexcept>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/host/device.hpp>

namespace plexus {
namespace {

class MachineTest : public ::testing::Test {
 protected:
  MachineTest() { clear(); }
  ~MachineTest() override { clear(); }
  static void clear() {
    for (const char* name : {"PLEXUS_NUM_THREADS", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"}) unsetenv(name);
  }
};

TEST_F(MachineTest, ThreadsComeFromTheFirstVariableThatIsSet) {
  EXPECT_EQ(default_compute_threads(), usable_cores());
  setenv("SLURM_CPUS_PER_TASK", "6", 1);
  EXPECT_EQ(default_compute_threads(), 6);
  setenv("OMP_NUM_THREADS", "4,2", 1);
  EXPECT_EQ(default_compute_threads(), 4);
  EXPECT_EQ(default_jobs(), 2);
  setenv("PLEXUS_NUM_THREADS", "1", 1);
  EXPECT_EQ(default_compute_threads(), 1);
  EXPECT_EQ(default_jobs(), 1);
}

TEST_F(MachineTest, OthersVariablesThatAreWrongAreLeftOutAndOursAreRefused) {
  setenv("OMP_NUM_THREADS", "many", 1);
  EXPECT_EQ(default_compute_threads(), usable_cores());
  setenv("PLEXUS_NUM_THREADS", "0", 1);
  EXPECT_THROW(default_compute_threads(), Error);
}

TEST_F(MachineTest, AffinityLimitsTheCores) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  sched_setaffinity(0, sizeof(before), &before);
}

TEST(Memory, IsPositive) { EXPECT_GT(usable_memory(), std::uint64_t{1} << 20); }

TEST(ParseBytes, TakesUnitsOfPowersOf1024) {
  EXPECT_EQ(parse_bytes("512"), 512u);
  EXPECT_EQ(parse_bytes("2k"), 2048u);
  EXPECT_EQ(parse_bytes("1.5GB"), std::uint64_t{3} << 29);
  EXPECT_EQ(parse_bytes("3 MiB"), std::uint64_t{3} << 20);
  for (const char* wrong : {"", "G", "1X", "-1", "nan", "1e30", "1 G B", "inf"})
    EXPECT_THROW(parse_bytes(wrong), std::invalid_argument) << wrong;
}

TEST(OpenDevice, GivesTheCpu) { EXPECT_TRUE(open_device("cpu").is_cpu()); }

TEST(OpenDevice, RefusesOtherNames) {
  for (const char* name : {"gpu", "", "cuda:", "cuda:-1", "cuda:64", "CPU"}) {
    try {
      open_device(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << name;
    }
  }
}

TEST(OpenDevice, SaysWhyThereIsNoCuda) {
  if (cuda_problem().empty()) GTEST_SKIP() << "there is a CUDA device";
  try {
    open_device("cuda");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::resource);
    EXPECT_NE(error.message().find(cuda_problem()), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace
}  // namespace plexus
