#include <hdf5.h>
#include <torch/torch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include <plexus/base/file.hpp>
#include <plexus/data/array_volume.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/nifti_file.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

using test::expect_error;
using test::TemporaryFolder;

Geometry tilted_grid(bool left_handed) {
  const double c = std::cos(0.3), s = std::sin(0.3);
  Geometry g;
  g.known = true;
  g.spacing = {0.7, 1.3, 4.1};
  g.origin = {-71.5, 33.25, 110.75};
  g.direction = {c, -s * c, s * s, s, c * c, -c * s, 0, s, c};
  if (left_handed)
    for (std::size_t row = 0; row < 3; ++row) g.direction[3 * row] *= -1;
  return g;
}

at::Tensor counted(at::IntArrayRef size, at::ScalarType type = at::kShort) {
  std::int64_t count = 1;
  for (const auto one : size) count *= one;
  return torch::arange(count).reshape(size).to(type);
}

TEST(VolumeFormats, ImagesAndLabelsComeBackWithTheirPlace) {
  TemporaryFolder folder;
  for (const bool left : {false, true}) {
    const auto grid = tilted_grid(left);
    for (const std::string name : {"a.nii", "a.nii.gz", "b.hdr", "C.HDR", "a.nrrd", "a.mha", "a.nhdr", "B.MHD", "D.NHDR", "a.h5", "a.hdf5",
                                   "a.npz"}) {
      SCOPED_TRACE(name + (left ? " left-handed" : ""));
      write_image(folder / name, counted({4, 3, 5}, at::kFloat), grid);
      auto back = read_volume(folder / name);
      EXPECT_TRUE(torch::equal(back.data[0], counted({4, 3, 5}, at::kFloat)));
      EXPECT_LT(corner_distance(back.geometry, grid, {4, 3, 5}), 1e-4);
      write_label(folder / name, counted({4, 3, 5}, at::kLong), grid);
      back = read_volume(folder / name, {.label = true});
      EXPECT_TRUE(torch::equal(back.data[0], counted({4, 3, 5}, at::kByte)));
      EXPECT_LT(corner_distance(back.geometry, grid, {4, 3, 5}), 1e-4);
    }
  }
}

TEST(VolumeFormats, ChannelsComeBack) {
  TemporaryFolder folder;
  const auto series = counted({3, 4, 2, 5});
  for (const std::string name : {"a.nii.gz", "a.nrrd", "a.mha", "a.nhdr", "a.mhd", "a.h5", "a.npy", "a.npz"}) {
    write_image(folder / name, series, tilted_grid(false));
    const auto back = read_volume(folder / name);
    EXPECT_TRUE(torch::equal(back.data, series)) << name;
    if (name != "a.npy") {
      EXPECT_LT(corner_distance(back.geometry, tilted_grid(false), {4, 2, 5}), 1e-4) << name;
    }
  }
}

TEST(VolumeFormats, PicturesHoldPlanesAndColours) {
  TemporaryFolder folder;
  const auto plane = counted({1, 6, 10}, at::kByte), colours = counted({3, 1, 6, 10}, at::kByte);
  for (const std::string name : {"a.png", "a.tif", "a.TIFF", "a.bmp"}) {
    write_label(folder / name, plane, Geometry{});
    const auto back = read_volume(folder / name);
    EXPECT_TRUE(torch::equal(back.data[0], plane)) << name;
    EXPECT_FALSE(back.geometry.known);
    write_image(folder / name, colours, Geometry{});
    EXPECT_TRUE(torch::equal(read_volume(folder / name).data, colours)) << name;
  }
  write_image(folder / "a.jpg", torch::full({1, 16, 16}, 100, at::kByte), Geometry{});
  EXPECT_EQ(read_volume(folder / "a.jpg").data.sizes(), (at::IntArrayRef{1, 1, 16, 16}));
  expect_error(ErrorKind::data, {"JPEG changes values"}, [&] { write_label(folder / "l.jpg", plane, Geometry{}); });
  expect_error(ErrorKind::data, {"BMP holds one plane"}, [&] {
    write_image(folder / "v.bmp", counted({2, 6, 10}), Geometry{});
  });
}

TEST(VolumeFormats, DetachedHeadersComeAfterTheirVoxels) {
  TemporaryFolder folder;
  const auto grid = tilted_grid(true);
  write_image(folder / "v.mhd", counted({4, 3, 5}), grid);
  write_image(folder / "v.nhdr", counted({4, 3, 5}, at::kFloat), grid);
  EXPECT_EQ(std::filesystem::file_size(folder / "v.raw"), 120u);
  EXPECT_TRUE(torch::equal(read_volume(folder / "v.mhd").data[0], counted({4, 3, 5})));
  EXPECT_EQ(written_files("x/v.mhd"), (std::vector<std::filesystem::path>{"x/v.mhd", "x/v.raw"}));
  EXPECT_EQ(written_files("x/v.nhdr"), (std::vector<std::filesystem::path>{"x/v.nhdr", "x/v.raw.gz"}));
  EXPECT_EQ(written_files("x/v.hdr"), (std::vector<std::filesystem::path>{"x/v.hdr", "x/v.img"}));
  EXPECT_EQ(written_files("x/v.nii.gz"), (std::vector<std::filesystem::path>{"x/v.nii.gz"}));
  // Where the voxels cannot be written, no header speaks of others.
  for (const std::string name : {"v.mhd", "v.nhdr"}) {
    const auto voxels = written_files(folder / name)[1];
    std::filesystem::remove(voxels);
    std::filesystem::create_directories(voxels / "in the way");
    EXPECT_THROW(write_image(folder / name, counted({4, 3, 5}), grid), Error) << name;
    EXPECT_FALSE(std::filesystem::exists(folder / name)) << name;
  }
}

TEST(VolumeFormats, PairsNeedBothFiles) {
  TemporaryFolder folder;
  write_image(folder / "p.hdr", counted({4, 3, 5}), tilted_grid(false));
  EXPECT_EQ(std::filesystem::file_size(folder / "p.hdr"), 348u);
  EXPECT_EQ(std::filesystem::file_size(folder / "p.img"), 120u);
  EXPECT_TRUE(torch::equal(read_volume(folder / "p.img").data[0], counted({4, 3, 5}))) << "by its voxels";
  EXPECT_TRUE(is_volume_file("p.hdr"));
  EXPECT_FALSE(is_volume_file("p.img"));
  write_file(folder / "p.img.gz", deflate_gzip(read_file(folder / "p.img"), 6));
  std::filesystem::remove(folder / "p.img");
  EXPECT_TRUE(torch::equal(read_volume(folder / "p.hdr").data[0], counted({4, 3, 5}))) << "compressed voxels";
  std::filesystem::remove(folder / "p.img.gz");
  expect_error(ErrorKind::data, {"p.img", "has the voxels of"}, [&] { read_volume(folder / "p.hdr"); });
  std::filesystem::copy(folder / "p.hdr", folder / "q.nii");
  expect_error(ErrorKind::data, {"q.nii", "mark of a pair"}, [&] { read_volume(folder / "q.nii"); });
}

TEST(VolumeFormats, ShearIsRefusedOrRightedAsAsked) {
  TemporaryFolder folder;
  NiftiHeader header;
  header.sform_code = 1;
  header.pixdim = {1, 1, 1, 2, 1, 1, 1, 1};
  header.srow = {{{1, 0.2, 0, -5}, {0, 1, 0.3, 7}, {0, 0, 2, 9}}};
  write_nifti_file(folder / "s.nii.gz", counted({8, 9, 10}, at::kFloat), header);
  expect_error(ErrorKind::data, {"s.nii.gz", "sheared"}, [&] { read_volume(folder / "s.nii.gz"); });
  const auto nearest = read_volume(folder / "s.nii.gz", {.on_shear = OnShear::nearest});
  EXPECT_TRUE(torch::equal(nearest.data[0], counted({8, 9, 10}, at::kFloat)));
  EXPECT_LT(shear_of(nearest.geometry), 1e-12);
  std::vector<std::int64_t> shape;
  read_volume_geometry(folder / "s.nii.gz", shape, {.on_shear = OnShear::resample});
  const auto resampled = read_volume(folder / "s.nii.gz", {.on_shear = OnShear::resample});
  EXPECT_EQ(at::IntArrayRef(shape), resampled.data.sizes());
  EXPECT_LT(shear_of(resampled.geometry), 1e-12);
  EXPECT_NE(resampled.notes.back().find("resampled"), std::string::npos);
  // The values are linear in the old index, so linear interpolation gives them exactly wherever it is inside.
  Geometry sheared;
  sheared.known = true;
  std::string source;
  std::vector<std::string> notes;
  auto kept = read_nifti_header(folder / "s.nii.gz");
  const auto map = index_map(resampled.geometry, nifti_geometry(kept, "s", source, notes, true));
  int inside = 0;
  for (std::int64_t k = 0; k < shape[1]; ++k)
    for (std::int64_t j = 0; j < shape[2]; ++j)
      for (std::int64_t i = 0; i < shape[3]; ++i) {
        double place[3];
        for (std::size_t row = 0; row < 3; ++row)
          place[row] = map.matrix[3 * row] * static_cast<double>(i) + map.matrix[3 * row + 1] * static_cast<double>(j) +
                       map.matrix[3 * row + 2] * static_cast<double>(k) + map.offset[row];
        if (place[0] < 0 || place[0] > 9 || place[1] < 0 || place[1] > 8 || place[2] < 0 || place[2] > 7) continue;
        ++inside;
        EXPECT_NEAR(resampled.data[0][k][j][i].item<double>(), place[0] + 10 * place[1] + 90 * place[2], 2e-3);
      }
  EXPECT_GT(inside, 300);
}

TEST(VolumeFormats, LabelsAreRoundedNotCut) {
  TemporaryFolder folder;
  write_image(folder / "l.nii.gz", torch::tensor({0.0F, 0.9999F, 2.0001F, 2.9999F}).reshape({1, 2, 2}), Geometry{});
  EXPECT_TRUE(
      torch::equal(read_volume(folder / "l.nii.gz", {.label = true}).data.flatten(), torch::tensor({0, 1, 2, 3}, at::kInt)));
}

TEST(VolumeFormats, GreyPicturesHaveOneChannel) {
  TemporaryFolder folder;
  const auto label = torch::arange(12).to(at::kByte).view({1, 3, 4});
  for (const char* name : {"l.bmp", "l.png", "l.tif"}) {
    write_label(folder / name, label, Geometry{});
    const auto back = read_volume(folder / name, {.label = true});
    EXPECT_TRUE(torch::equal(back.data.to(at::kByte), label.unsqueeze(0))) << name;
    std::vector<std::int64_t> shape;
    read_volume_geometry(folder / name, shape);
    EXPECT_EQ(shape, (std::vector<std::int64_t>{1, 1, 3, 4})) << name;
  }
  const auto colours = torch::arange(36).to(at::kByte).view({3, 1, 3, 4});
  write_image(folder / "c.bmp", colours, Geometry{});
  EXPECT_TRUE(torch::equal(read_volume(folder / "c.bmp").data, colours));
}

TEST(VolumeFormats, LabelsThatAreNoWholeNumbersAreRefused) {
  TemporaryFolder folder;
  const auto refused = [&](float value, const std::string& text) {
    write_image(folder / "l.nii.gz", torch::tensor({0.0F, 1.0F, value, 3.0F}).reshape({1, 2, 2}), Geometry{});
    expect_error(ErrorKind::data, {text}, [&] { read_volume(folder / "l.nii.gz", {.label = true}); });
    EXPECT_NO_THROW(read_volume(folder / "l.nii.gz"));
  };
  refused(0.5F, "a label value is 0.5");
  refused(std::nanf(""), "no number");
  refused(5e10F, "beyond 32 bits");
}

TEST(VolumeFormats, H5TellsItsAxes) {
  TemporaryFolder folder;
  const auto grid = tilted_grid(true);
  const auto zyx = counted({4, 3, 5}, at::kFloat);
  auto attributes = volume_attributes(grid, "made up");
  attributes[0].second = std::string("x, y, z");
  write_h5(folder / "a.h5", {{"image", zyx.permute({2, 1, 0})}, {"label", zyx.permute({2, 1, 0}).to(at::kByte)}}, attributes);
  const auto image = read_volume(folder / "a.h5"), label = read_volume(folder / "a.h5", {.label = true});
  EXPECT_TRUE(torch::equal(image.data[0], zyx));
  EXPECT_TRUE(torch::equal(label.data[0], zyx.to(at::kByte)));
  EXPECT_LT(corner_distance(image.geometry, grid, {4, 3, 5}), 1e-9);
  write_h5(folder / "b.h5", {{"image", zyx}, {"other", zyx}});
  EXPECT_EQ(read_volume(folder / "b.h5").notes.size(), 1u);
  expect_error(ErrorKind::data, {"no data set 'label'", "'image', 'other'"},
               [&] { read_volume(folder / "b.h5", {.label = true}); });
  EXPECT_TRUE(torch::equal(read_volume(folder / "b.h5", {.key = "other", .series = {}}).data[0], zyx));
}

// A file as ITK's HDF5ImageIO lays it out.
void write_itk_layout(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& grid) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "ITKImage", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t image = H5Gcreate2(group, "0", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const auto put = [](hid_t where, const char* name, hid_t type, std::vector<hsize_t> size, const void* values) {
    const hid_t space = H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr);
    const hid_t set = H5Dcreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
  };
  const int version = 5;
  put(file, "ITKVersion", H5T_NATIVE_INT, {1}, &version);
  put(file, "HDFVersion", H5T_NATIVE_INT, {1}, &version);
  const std::int64_t dimension[3] = {voxels.size(2), voxels.size(1), voxels.size(0)};
  double rows[9];
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::size_t row = 0; row < 3; ++row) rows[3 * axis + row] = grid.direction[3 * row + axis];
  put(image, "Dimension", H5T_NATIVE_INT64, {3}, dimension);
  put(image, "Origin", H5T_NATIVE_DOUBLE, {3}, grid.origin.data());
  put(image, "Spacing", H5T_NATIVE_DOUBLE, {3}, grid.spacing.data());
  put(image, "Directions", H5T_NATIVE_DOUBLE, {3, 3}, rows);
  const auto values = voxels.contiguous();
  put(image, "VoxelData", H5T_NATIVE_INT16,
      {static_cast<hsize_t>(voxels.size(0)), static_cast<hsize_t>(voxels.size(1)), static_cast<hsize_t>(voxels.size(2))},
      values.const_data_ptr());
  H5Gclose(image);
  H5Gclose(group);
  H5Fclose(file);
}

TEST(VolumeFormats, ItkHdf5IsReadWithItsPlace) {
  TemporaryFolder folder;
  write_itk_layout(folder / "i.h5", counted({4, 3, 5}), tilted_grid(true));
  const auto volume = read_volume(folder / "i.h5");
  EXPECT_EQ(volume.stored.format, "ITK HDF5");
  EXPECT_TRUE(torch::equal(volume.data[0], counted({4, 3, 5})));
  EXPECT_LT(corner_distance(volume.geometry, tilted_grid(true), {4, 3, 5}), 1e-9);
}

TEST(VolumeFormats, HeadersWithTheirVoxelsElsewhere) {
  TemporaryFolder folder;
  const auto voxels = counted({4, 3, 5});
  write_file(folder / "v.raw", std::string_view(static_cast<const char*>(voxels.const_data_ptr()), voxels.nbytes()));
  write_file(folder / "v.mhd",
             "ObjectType = Image\nNDims = 3\nDimSize = 5 3 4\nElementSpacing = 1 2 3\nOffset = 4 5 6\n"
             "ElementType = MET_SHORT\nElementDataFile = v.raw\n");
  write_file(folder / "v.nhdr",
             "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 3 4\nspace: left-posterior-superior\n"
             "space directions: (1,0,0) (0,2,0) (0,0,3)\nspace origin: (4,5,6)\nendian: little\n"
             "encoding: raw\ndata file: v.raw\n");
  for (const std::string name : {"v.mhd", "v.nhdr"}) {
    const auto volume = read_volume(folder / name);
    EXPECT_TRUE(torch::equal(volume.data[0], voxels)) << name;
    EXPECT_EQ(volume.geometry.spacing, (std::array<double, 3>{1, 2, 3}));
    EXPECT_EQ(volume.geometry.origin, (std::array<double, 3>{4, 5, 6}));
  }
  std::filesystem::resize_file(folder / "v.raw", 50);
  for (const std::string name : {"v.mhd", "v.nhdr"}) EXPECT_THROW(read_volume(folder / name), Error) << name;
  write_file(folder / "v.mhd",
             "ObjectType = Image\nNDims = 3\nDimSize = 5 3 4\nElementType = MET_SHORT\nElementDataFile = LIST\n");
  expect_error(ErrorKind::data, {"slices in many files"}, [&] { read_volume(folder / "v.mhd"); });
}

TEST(VolumeFormats, SeveralGzipMembersAndBytesBehind) {
  TemporaryFolder folder;
  write_image(folder / "m.nii", counted({40, 30, 50}), tilted_grid(false));
  const auto plain = read_file(folder / "m.nii");
  write_file(folder / "m.nii.gz", deflate_gzip(plain.substr(0, 1000), 1) + deflate_gzip(plain.substr(1000), 6));
  EXPECT_TRUE(torch::equal(read_volume(folder / "m.nii.gz").data[0], counted({40, 30, 50})));
  write_file(folder / "m.nii.gz", deflate_gzip(plain + std::string(5000, 'x'), 6));
  EXPECT_TRUE(torch::equal(read_volume(folder / "m.nii.gz").data[0], counted({40, 30, 50})));
  auto wrong = deflate_gzip(plain, 6);
  wrong[wrong.size() - 6] = static_cast<char>(~wrong[wrong.size() - 6]);  // the checksum
  write_file(folder / "m.nii.gz", wrong);
  expect_error(ErrorKind::data, {"damaged"}, [&] { read_volume(folder / "m.nii.gz"); });
}

TEST(VolumeFormats, FoldersListTheirVolumes) {
  TemporaryFolder folder;
  for (const std::string name : {"b.nii.gz", "a.hdr", "c.npz"}) write_image(folder / name, counted({2, 2, 2}), Geometry{});
  write_file(folder / "notes.txt", "x");
  const auto found = volumes_in(folder.path());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].filename(), "a.hdr");
  EXPECT_EQ(volume_stem(folder / "b.nii.gz"), "b");
  EXPECT_EQ(volume_stem("x/series/"), "series");
}

}  // namespace
}  // namespace plexus
