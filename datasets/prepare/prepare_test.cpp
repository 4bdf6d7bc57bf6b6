#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>

#include "acdc.hpp"
#include "acdc_h5.hpp"
#include "lists.hpp"
#include "slices_h5.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

class NoContext : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view, const std::vector<std::string>&, at::IntArrayRef, Distribution) override { return {}; }
  void minimise(std::string_view, const at::Tensor&) override {}
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}
};

void run_all(const Preprocessor& step, const std::string& source, const std::string& target) {
  NoContext context;
  Rng rng;
  const auto jobs = step.jobs(source, target);
  for (const auto& job : jobs) {
    step.run(job, target, rng, context);
    for (const auto& output : job.outputs)
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(target) / output)) << output;
  }
  step.finish(jobs, target);
}

TEST(Prepare, AcdcFramesAreRenamedAndScaled) {
  test::TemporaryFolder folder;
  Geometry place;
  place.known = true;
  place.spacing = {1.5, 1.5, 10};
  const auto image = torch::arange(60, at::kShort).reshape({3, 4, 5}) - 7;
  for (const std::string patient : {"patient001", "patient002", "patient003"}) {
    const auto path = folder.path() / "in" / "training" / patient;
    std::filesystem::create_directories(path);
    for (const std::string frame : {"_frame12", "_frame01"}) {
      write_image(path / (patient + frame + ".nii.gz"), frame == "_frame12" ? image * 2 : image, place);
      write_label(path / (patient + frame + "_gt.nii.gz"), image.remainder(4).to(at::kByte), place);
    }
  }
  AcdcH5::Settings settings;
  settings.val = settings.test = 1;
  const auto target = (folder / "out").string();
  run_all(AcdcH5(settings), (folder / "in").string(), target);

  const auto volume = read_h5(folder.path() / "out/data/patient001_frame02.h5", "image");
  EXPECT_TRUE(torch::allclose(volume, torch::arange(60, at::kFloat).reshape({3, 4, 5}) / 59));
  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "out/data/slices/patient001_frame02_slice_1.h5", "image"), volume[0]));
  EXPECT_TRUE(torch::equal(read_h5(folder.path() / "out/data/slices/patient001_frame02_slice_3.h5", "label"),
                           image.remainder(4).to(at::kByte)[2]));
  EXPECT_EQ(read_list(folder.path() / "out/train_slices.list").size(), 6u);

  Acdc::Settings reading;
  reading.root = target;
  reading.labeled = 1;
  const Acdc data(reading);
  EXPECT_EQ(data.subset("labeled").size(), 6u);
  EXPECT_EQ(data.subset("val").size(), 2u);
  Rng rng;
  EXPECT_NEAR(data.get(data.subset("val").front(), rng).geometry.spacing[2], 10, 1e-5);
}

TEST(Prepare, AcdcSaysWhatItExpects) {
  test::TemporaryFolder folder;
  const AcdcH5 step({});
  test::expect_error(ErrorKind::data, {"patientNNN_frameNN.nii.gz"}, [&] { step.jobs(folder.path().string(), ""); });
  write_image(folder / "patient001_frame01.nii.gz", torch::rand({2, 2, 2}), Geometry{});
  test::expect_error(ErrorKind::data, {"patient001_frame01_gt.nii.gz", "does not exist"},
                     [&] { step.jobs(folder.path().string(), ""); });
}

TEST(Prepare, SlicesOfAFolderKeepItsSplits) {
  test::TemporaryFolder folder;
  for (const std::string kind : {"images", "labels"}) {
    std::filesystem::create_directories(folder.path() / "in" / kind);
    for (const std::string id : {"a", "b", "c"})
      if (kind == "images" || id != "b")
        write_label(folder.path() / "in" / kind / (id + ".nii.gz"), torch::ones({2, 3, 4}, at::kByte), Geometry{});
  }
  write_file(folder.path() / "in/dataset.json",
             R"({"splits": {"labeled": ["c"], "unlabeled": ["b"], "val": ["a"], "test": ["a"]}})");
  run_all(SlicesH5({}), (folder / "in").string(), (folder / "out").string());
  EXPECT_EQ(read_list(folder.path() / "out/train_slices.list"),
            (std::vector<std::string>{"c_slice_1", "c_slice_2", "b_slice_1", "b_slice_2"}));
  EXPECT_FALSE(h5_has(folder.path() / "out/data/b.h5", "label"));
  EXPECT_EQ(read_h5(folder.path() / "out/data/c.h5", "image").sum().item<float>(), 0);  // one value throughout
}

}  // namespace
}  // namespace plexus::datasets
