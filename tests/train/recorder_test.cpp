#include <plexus/train/recorder.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include <support/temporary_folder.hpp>

namespace {

using plexus::Recorder;
using plexus::test::TemporaryFolder;

TEST(Recorder, WritesEveryStepAtTheFlush) {
  TemporaryFolder folder;
  Recorder recorder(folder.path(), {});
  recorder.losses(1, 0, {{"a", torch::full({}, 0.5)}, {"b", torch::full({1}, 2.0)}});
  recorder.losses(2, 0, {{"a", torch::full({}, 0.25)}});
  EXPECT_TRUE(recorder.flush().empty());
  recorder.values(2, 0, {{"lr/x", 0.1}});
  EXPECT_EQ(plexus::read_file(folder / "metrics.csv"),
            "step,epoch,series,value\n1,0,loss/a,0.5\n1,0,loss/b,2\n2,0,loss/a,0.25\n2,0,lr/x,0.1\n");
  EXPECT_EQ(recorder.latest(), "a 0.25");
}

TEST(Recorder, SaysWhichTermIsNotFiniteFirst) {
  TemporaryFolder folder;
  Recorder recorder(folder.path(), {});
  recorder.losses(3, 0, {{"good", torch::ones({})}, {"bad", torch::full({}, std::nan(""))}});
  recorder.losses(4, 0, {{"good", torch::full({}, INFINITY)}});
  const auto bad = recorder.flush();
  ASSERT_EQ(bad.size(), 2u);
  EXPECT_EQ(bad[0].step, 3);
  EXPECT_EQ(bad[0].term, "bad");
  EXPECT_TRUE(recorder.flush().empty());
}

TEST(Recorder, IsCutToTheCheckpointAndGoesOn) {
  TemporaryFolder folder;
  plexus::RecordedBytes at_checkpoint;
  {
    Recorder recorder(folder.path(), {});
    recorder.values(1, 0, {{"a", 1}});
    at_checkpoint = recorder.bytes();
    recorder.values(2, 0, {{"a", 99}});
  }
  Recorder recorder(folder.path(), at_checkpoint);
  recorder.values(2, 0, {{"a", 2}});
  EXPECT_EQ(plexus::read_file(folder / "metrics.csv"), "step,epoch,series,value\n1,0,a,1\n2,0,a,2\n");
}

TEST(Recorder, QuotesNamesThatNeedIt) {
  TemporaryFolder folder;
  Recorder recorder(folder.path(), {});
  recorder.values(1, 0, {{"val/dice/ventricle, left", 1}});
  EXPECT_EQ(plexus::read_file(folder / "metrics.csv"), "step,epoch,series,value\n1,0,\"val/dice/ventricle, left\",1\n");
}

}  // namespace
