#include <torch/torch.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/host/commands/data_tools.hpp>

#include "support/dicom_file.hpp"
#include "support/expect_error.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using nlohmann::json;
using test::TemporaryFolder;

json info_of(std::vector<std::string> args) {
  args.push_back("--json");
  ::testing::internal::CaptureStdout();
  int code = -1;
  try {
    code = data_info(args);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  EXPECT_EQ(code, 0);
  return json::parse(::testing::internal::GetCapturedStdout());
}

TEST(DataInfo, RealScan) {
  PLEXUS_NEEDS_SHARED("data/nifti/MR_Gd.nii.gz");
  const auto info = info_of({shared_path.string()}).at(0);
  EXPECT_EQ(info["path"], shared_path.string());
  EXPECT_EQ(info["format"], "NIfTI-1");
  EXPECT_EQ(info["shape"], (std::vector<int>{1, 144, 188, 176}));
  EXPECT_EQ(info["type"], "uint8");
  EXPECT_EQ(info["transform"], "sform");
  EXPECT_EQ(info["sform_code"], 2);
  EXPECT_NEAR(info["scl_slope"].get<double>(), 6.48235273, 1e-6);
  EXPECT_NEAR(info["voxel_to_ras"][1][3].get<double>(), -112.453293, 1e-5);
  EXPECT_EQ(info["spacing_unit"], "mm");
  EXPECT_NEAR(info["max"].get<double>(), 1652.99995, 1e-3);
  EXPECT_NEAR(info["mean"].get<double>(), 153.274477, 1e-4);
}

TEST(DataInfo, DicomFolder) {
  TemporaryFolder folder;
  make_folder(folder / "series");
  for (int k = 0; k < 3; ++k) {
    test::DicomSlice slice;
    slice.position = {1, 2, 3.0 + 2 * k};
    slice.number = k;
    slice.inter = "-10";
    slice.instance = "1.2." + std::to_string(k);
    write_file(folder / ("series/" + std::to_string(k)), slice.bytes());
  }
  const auto info = info_of({(folder / "series").string()}).at(0);
  EXPECT_EQ(info["format"], "DICOM series");
  EXPECT_EQ(info["series"], "1.2.3.4.5");
  EXPECT_EQ(info["modality"], "MR");
  EXPECT_EQ(info["shape"], (std::vector<int>{1, 3, 4, 6}));
  EXPECT_EQ(info["spacing"], (std::vector<double>{0.75, 0.5, 2}));
  EXPECT_EQ(info["voxel_to_ras"][0], (std::vector<double>{-0.75, 0, 0, -1}));
  EXPECT_EQ(info["scl_inter"], -10);
  EXPECT_EQ(info["min"], -10);
  EXPECT_EQ(info["max"], -8);
}

TEST(DataInfo, FilesOfSeveralArrays) {
  TemporaryFolder folder;
  const auto image = torch::arange(24, at::kFloat).reshape({2, 3, 4}), label = image.to(at::kByte).remainder(3);
  write_h5(folder / "a.h5", {{"image", image}, {"label", label}},
           {{"axes", std::string("z, y, x")}, {"spacing", std::vector<double>{3, 2, 1}}});
  write_npz(folder / "a.npz", {{"vol", image}, {"seg", label}});
  const auto all = info_of({(folder / "a.h5").string(), (folder / "a.npz").string()});
  EXPECT_EQ(all[0]["spacing"], (std::vector<double>{1, 2, 3}));
  for (const auto& info : all) {
    EXPECT_EQ(info["shape"], (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(info["max"], 23);
    EXPECT_EQ(info["arrays"].size(), 2u);
  }
  EXPECT_EQ(all[0]["arrays"]["label"]["type"], "uint8");
  EXPECT_EQ(all[1]["arrays"]["seg"]["max"], 2);
  EXPECT_EQ(info_of({(folder / "a.npz").string(), "--key", "seg"}).at(0)["max"], 2);
}

TEST(DataInfo, BrokenFilesDoNotHideTheOthers) {
  TemporaryFolder folder;
  write_npy(folder / "a.npy", torch::zeros({2, 2, 2}));
  write_file(folder / "b.nii", "nothing");
  ::testing::internal::CaptureStdout();
  test::expect_error(ErrorKind::data, {"b.nii", "not a NIfTI file"}, [&] {
    data_info({(folder / "b.nii").string(), (folder / "a.npy").string()});
  });
  EXPECT_NE(::testing::internal::GetCapturedStdout().find("NPY"), std::string::npos);
}

}  // namespace
}  // namespace plexus
