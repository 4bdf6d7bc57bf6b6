#include <torch/torch.h>

#include <gtest/gtest.h>

#include <array>

#include <plexus/base/error.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/volume.hpp>

#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::TemporaryFolder;

// What nibabel 5.4 says of the files in shared/data/nifti.
struct RealScan {
  const char *name, *kind;
  std::vector<std::int64_t> shape;  // C, D, H, W
  const char* type;
  double slope, inter;
  std::array<double, 12> affine;  // RAS, row-major
  double least, largest, mean;
};

const std::vector<RealScan>& real_scans() {
  static const std::vector<RealScan> scans{
      {"CT_AVM",
       "scaled",
       {1, 154, 242, 256},
       "uint8",
       2.20862746,
       0,
       {0.71994257, 0, 0, -73.3976898, 0, 0.720913589, 0, -69.6941986, 0, 0, 1, -64.1100006},
       0,
       563.200003,
       5.17617291},
      {"CT_pitch",
       "oblique",
       {1, 58, 248, 175},
       "uint8",
       1,
       0,
       {0.8125, 0, 0, -69.0207596, 0, 0.779041052, 0.680798769, -134.385605, 0, -0.230762482, 2.29833841, -13.568821},
       0,
       255,
       38.0100095},
      {"MR_Gd",
       "oblique, scaled",
       {1, 144, 188, 176},
       "uint8",
       6.48235273,
       0,
       {0.976284385, 0.0220054388, -0.00781142712, -85.7126465, -0.0210175514, 0.970210433, 0.112105608, -112.453293,
        0.0100196004, -0.108999372, 0.996282101, -56.8180466},
       0,
       1652.99995,
       153.274477},
      {"T2w_int16_las",
       "left-handed, anisotropic",
       {1, 60, 224, 224},
       "int16",
       1,
       0,
       {-1, -4.89700121e-12, -1.46522499e-16, 112, -4.86700003e-12, 0.993925214, -0.220116064, -96.6553268, -5.38999997e-13,
        0.110058032, 1.98785043, -62.4848404},
       0,
       4095,
       391.103271},
      {"chris_PD",
       "oblique, anisotropic",
       {1, 54, 256, 191},
       "uint8",
       1,
       0,
       {0.857854128, -0.00519883633, 0.00843399763, -80.8311234, 0.00468388898, 0.849813223, 0.35677737, -131.494125,
        -0.00375264464, -0.127732873, 2.37331533, -30.3499374},
       0,
       252,
       47.4339657},
      {"chris_t1",
       "plain",
       {1, 190, 256, 188},
       "uint8",
       1,
       0,
       {0.879999995, 0, 0, -83.1200027, 0, 0.879999995, 0, -118.120003, 0, 0, 0.879999995, -77.1200027},
       0,
       255,
       44.9492946},
      {"icbm_t1", "plain", {1, 165, 197, 157}, "uint8", 1, 0, {1, 0, 0, -78, 0, 1, 0, -115, 0, 0, 1, -78}, 0, 255, 70.0675018},
      {"icbm_t1_labels",
       "labels",
       {1, 165, 197, 157},
       "uint8",
       1,
       0,
       {1, 0, 0, -78, 0, 1, 0, -115, 0, 0, 1, -78},
       0,
       207,
       9.40623853},
      {"pcasl",
       "4D, oblique",
       {10, 20, 68, 52},
       "float32",
       1,
       0,
       {2.99688435, 0.134292543, 0.0509291291, -79.6963043, -0.134764373, 2.99640942, 0.116072893, -115.835571, -0.0228361487,
        -0.059120059, 5.99866056, -50.9585457},
       0,
       2640,
       461.577189},
      {"spmMotor",
       "left-handed, scaled, negative values",
       {1, 79, 95, 79},
       "int16",
       0.000370998401,
       0,
       {-2, 0, 0, 78, 0, 2, 0, -112, 0, 0, 2, -70},
       -6.86235743,
       12.1565046,
       0.212583084}};
  return scans;
}

TEST(RealScans, LieWhereNibabelPutsThem) {
  PLEXUS_NEEDS_SHARED("data/nifti");
  for (const auto& scan : real_scans()) {
    SCOPED_TRACE(std::string(scan.name) + ": " + scan.kind);
    const auto volume = read_volume(shared_path / (std::string(scan.name) + ".nii.gz"));
    EXPECT_EQ(volume.data.sizes(), at::IntArrayRef(scan.shape));
    EXPECT_EQ(volume.stored.type, scan.type);
    EXPECT_EQ(volume.stored.format, "NIfTI-1");
    EXPECT_EQ(volume.stored.transform, "sform");
    EXPECT_NEAR(volume.stored.slope, scan.slope, 1e-6);
    EXPECT_NEAR(volume.stored.inter, scan.inter, 1e-6);
    const auto affine = ras_affine(volume.geometry);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(affine[i], scan.affine[i], 1e-5) << i;
    const auto values = volume.data.to(at::kDouble);
    EXPECT_NEAR(values.min().item<double>(), scan.least, 1e-4);
    EXPECT_NEAR(values.max().item<double>(), scan.largest, 1e-4);
    EXPECT_NEAR(values.mean().item<double>(), scan.mean, 1e-4);
  }
}

TEST(RealScans, KeepTheirPlaceInEveryWritableFormat) {
  PLEXUS_NEEDS_SHARED("data/nifti");
  TemporaryFolder folder;
  for (const auto& scan : real_scans()) {
    const auto volume = read_volume(shared_path / (std::string(scan.name) + ".nii.gz"));
    // Places are what is asked for; every eighth voxel is enough of the values.
    const auto voxels = volume.data.slice(1, 0, volume.data.size(1), 8).contiguous();
    auto geometry = volume.geometry;
    geometry.spacing[2] *= 8;
    const auto image = voxels.size(0) == 1 ? voxels[0] : voxels;
    for (const std::string suffix : {".nii", ".nii.gz", ".hdr", ".nrrd", ".mha", ".h5", ".npz"}) {
      SCOPED_TRACE(scan.name + suffix);
      const auto file = folder / (scan.name + suffix);
      write_image(file, image, geometry);
      const auto back = read_volume(file);
      EXPECT_TRUE(torch::equal(back.data, voxels));
      EXPECT_TRUE(back.geometry.known);
      EXPECT_LT(corner_distance(back.geometry, geometry, voxels.sizes().slice(1)), 1e-4);
      std::vector<std::int64_t> shape;
      EXPECT_LT(corner_distance(read_volume_geometry(file, shape).geometry, geometry, voxels.sizes().slice(1)), 1e-4);
      EXPECT_EQ(at::IntArrayRef(shape), voxels.sizes());
    }
  }
}

TEST(RealScans, RgbaIsRefusedInOneSentence) {
  PLEXUS_NEEDS_SHARED("data/nifti/rgba_unsupported.nii.gz");
  try {
    read_volume(shared_path);
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(error.message(), "RGBA voxels (data type 2304) are not intensities or labels");
  }
}

}  // namespace
}  // namespace plexus
