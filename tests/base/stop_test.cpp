#include <plexus/base/stop.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/thrown.hpp"

namespace plexus {
namespace {

// Runs `work` in a process of its own and returns its exit status.
template <class Work>
int status_of(Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Stop, IsAskedForAndForgotten) {
  EXPECT_FALSE(stop_requested());
  EXPECT_NO_THROW(throw_if_stopped());
  request_stop(SIGINT);
  EXPECT_TRUE(stop_requested());
  EXPECT_EQ(test::thrown(throw_if_stopped).kind(), ErrorKind::interrupted);
  request_stop(SIGTERM);
  EXPECT_EQ(test::thrown(throw_if_stopped).kind(), ErrorKind::terminated);
  clear_stop();
  EXPECT_FALSE(stop_requested());
}

TEST(Stop, TheFirstSignalOnlyAsks) {
  EXPECT_EQ(status_of([] {
              install_stop_handlers();
              raise(SIGINT);
              _exit(stop_signal() == SIGINT ? 42 : 1);
            }),
            42);
  EXPECT_EQ(status_of([] {
              install_stop_handlers();
              raise(SIGTERM);
              raise(SIGTERM);  // only Ctrl-C insists
              _exit(stop_signal() == SIGTERM ? 42 : 1);
            }),
            42);
}

TEST(Stop, TheSecondCtrlCLeavesAtOnce) {
  EXPECT_EQ(status_of([] {
              install_stop_handlers();
              raise(SIGINT);
              raise(SIGINT);
              _exit(1);
            }),
            130);
}

}  // namespace
}  // namespace plexus
