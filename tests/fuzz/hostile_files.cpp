#include "fuzz/hostile_files.hpp"

#include <hdf5.h>
#include <torch/torch.h>

#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/base/random.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/nifti.hpp>
#include <plexus/data/volume.hpp>

#include "fuzz/mutate.hpp"
#include "support/dicom_file.hpp"
#include "support/gif_file.hpp"

namespace plexus::test {
namespace {

namespace fs = std::filesystem;

at::Tensor filled(at::IntArrayRef size, at::ScalarType type) {
  std::int64_t count = 1;
  for (const auto one : size) count *= one;
  return torch::arange(count).remainder(251).reshape(size).to(type);
}

class Corpus {
 public:
  Corpus(fs::path folder, std::uint64_t seed) : folder_(std::move(folder)), rng_(seed) { make_folder(folder_); }

  fs::path place(const std::string& suffix, const std::string& what) {
    const auto path = folder_ / fmt::format("hostile_{:03}{}", files_.size(), suffix);
    files_.push_back({path, what});
    return path;
  }
  void put(const std::string& suffix, const std::string& what, const std::string& bytes) {
    put_bytes(place(suffix, what), bytes);
  }
  // A DICOM case: a folder of these files.
  void put_slices(const std::string& what, const std::vector<std::string>& slices) {
    const auto path = place("", what);
    make_folder(path);
    for (std::size_t i = 0; i < slices.size(); ++i) put_bytes(path / fmt::format("{}.dcm", i), slices[i]);
  }
  // A sound file of the format, as bytes; it does not stay.
  std::string sound(const std::string& suffix, bool picture) {
    if (suffix == ".gif") {
      const auto values = filled({24 * 20}, at::kByte);
      GifPicture gif{20, 24, {values.const_data_ptr<std::uint8_t>(), values.const_data_ptr<std::uint8_t>() + values.numel()}};
      for (int grey = 0; grey < 256; ++grey) gif.palette.insert(gif.palette.end(), 3, static_cast<std::uint8_t>(grey));
      return gif.bytes();
    }
    const auto path = folder_ / ("sound" + suffix);
    Geometry grid;
    grid.known = true;
    grid.spacing = {0.7, 1.3, 4.1};
    if (picture)
      write_image(path, filled({1, 24, 20}, at::kByte), Geometry{});
    else
      write_image(path, filled({6, 7, 8}, at::kShort), grid);
    const auto bytes = bytes_of(path);
    fs::remove(path);
    return bytes;
  }
  Rng rng(const std::string& purpose) const { return rng_.fork(purpose); }
  const fs::path& folder() const { return folder_; }
  std::vector<HostileFile>& files() { return files_; }

 private:
  fs::path folder_;
  Rng rng_;
  std::vector<HostileFile> files_;
};

// Puts a value of the file's own byte order at an offset.
template <class T>
std::string with(std::string bytes, std::size_t offset, T value) {
  if (offset + sizeof(T) <= bytes.size()) std::memcpy(bytes.data() + offset, &value, sizeof(T));
  return bytes;
}

std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  if (const auto at = bytes.find(from); at != std::string::npos) bytes.replace(at, from.size(), to);
  return bytes;
}

void add_cuts_and_flips(Corpus& corpus) {
  for (const std::string suffix : {".nii", ".nii.gz", ".nrrd", ".mha", ".h5", ".npy", ".npz", ".png", ".jpg", ".gif", ".tif", ".bmp"}) {
    const bool picture = suffix == ".png" || suffix == ".jpg" || suffix == ".tif" || suffix == ".bmp";
    const auto whole = corpus.sound(suffix, picture);
    auto rng = corpus.rng("cut" + suffix);
    const auto size = static_cast<std::int64_t>(whole.size());
    corpus.put(suffix, "empty", "");
    corpus.put(suffix, "text", "Not a volume, but a note that someone saved under its name.\n");
    for (const std::int64_t at : {std::int64_t{1}, std::int64_t{9}, size / 16, size / 4, size / 2, size - size / 16, size - 1})
      corpus.put(suffix, fmt::format("cut at {} of {}", at, size), whole.substr(0, static_cast<std::size_t>(at)));
    for (int n = 0; n < 8; ++n) {
      auto bytes = whole;
      for (int wound = 0; wound < 3; ++wound) {
        const auto at = static_cast<std::size_t>(rng.integer(0, std::min<std::int64_t>(size, 700)));
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.integer(0, 8)));
      }
      corpus.put(suffix, "header bits flipped", bytes);
    }
    for (int n = 0; n < 4; ++n) corpus.put(suffix, "mutated", mutated(whole, rng.fork(static_cast<std::uint64_t>(n))));
  }
}

void add_nifti(Corpus& corpus) {
  const auto whole = corpus.sound(".nii", false);
  const float nan = std::numeric_limits<float>::quiet_NaN(), endless = std::numeric_limits<float>::infinity();
  auto huge = whole;
  for (std::size_t axis = 0; axis < 3; ++axis) huge = with<std::int16_t>(huge, 42 + 2 * axis, 32767);
  corpus.put(".nii", "absurd sizes", huge);
  corpus.put(".nii.gz", "absurd sizes, compressed", deflate_gzip(huge, 6));
  corpus.put(".nii", "negative size", with<std::int16_t>(whole, 44, -7));
  corpus.put(".nii", "nine axes", with<std::int16_t>(whole, 40, 9));
  corpus.put(".nii", "unknown type", with<std::int16_t>(whole, 70, 77));
  corpus.put(".nii", "RGBA", with<std::int16_t>(with<std::int16_t>(whole, 70, 2304), 72, 32));
  corpus.put(".nii", "voxels begin behind the file", with<float>(whole, 108, 1e9F));
  corpus.put(".nii", "voxels begin nowhere", with<float>(whole, 108, nan));
  corpus.put(".nii", "sform not a number", with<float>(whole, 280, nan));
  corpus.put(".nii", "sform endless", with<float>(whole, 292, endless));
  corpus.put(".nii", "sform zero", with<float>(with<float>(with<float>(whole, 280, 0), 284, 0), 288, 0));
  corpus.put(".nii", "sheared", with<float>(whole, 284, 0.9F));
  corpus.put(".nii", "spacing not a number",
             with<float>(with<std::int16_t>(with<std::int16_t>(whole, 252, 0), 254, 0), 80, nan));
  corpus.put(".nii", "slope not a number", with<float>(whole, 112, nan));
  NiftiHeader second;
  second.version = 2;
  second.dim = {3, std::int64_t{1} << 40, 1 << 10, 4, 1, 1, 1, 1};
  second.datatype = 64;
  second.bitpix = 64;
  second.vox_offset = 544;
  corpus.put(".nii", "NIfTI-2 of petabytes", encode_nifti_header(second));
  corpus.put(".nii.gz", "NIfTI-2 of petabytes, compressed", deflate_gzip(encode_nifti_header(second), 6));
  second.dim = {7, 32000, 32000, 32000, 32000, 1, 1, 1};
  corpus.put(".nii", "sizes that overflow", encode_nifti_header(second));
}

void add_gzip(Corpus& corpus) {
  const auto plain = corpus.sound(".nii", false), packed = corpus.sound(".nii.gz", false);
  corpus.put(".nii.gz", "wrong checksum", with<std::uint32_t>(packed, packed.size() - 8, 0x12345678));
  corpus.put(".nii.gz", "wrong length behind", with<std::uint32_t>(packed, packed.size() - 4, 0xFFFFFFF0));
  corpus.put(".nii.gz", "gzip of nothing", deflate_gzip("", 6));
  corpus.put(".nii.gz", "gzip of text", deflate_gzip("hello, world", 6));
  corpus.put(".nii.gz", "garbage behind the magic", std::string("\x1f\x8b\x08\0", 4) + std::string(500, '\xff'));
  corpus.put(".nii.gz", "unknown method", with<char>(packed, 2, 9));
  corpus.put(".nii.gz", "gzip in gzip", deflate_gzip(packed, 6));
  // 256 MB of zeros behind a small volume, and below a header that asks for 1.6 GB of them.
  const std::string zeros(1 << 20, '\0');
  const auto member = deflate_gzip(zeros, 6);
  auto endless = deflate_gzip(plain, 6);
  for (int n = 0; n < 256; ++n) endless += member;
  corpus.put(".nii.gz", "endless deflate behind the voxels", endless);
  auto large = plain;
  large = with<std::int16_t>(with<std::int16_t>(with<std::int16_t>(large, 42, 930), 44, 930), 46, 930);
  endless = deflate_gzip(large, 6);
  for (int n = 0; n < 64; ++n) endless += member;
  corpus.put(".nii.gz", "promises 1.6 GB, inflates to 64 MB", endless);
}

void add_text_headers(Corpus& corpus) {
  const auto meta = [](const std::string& extra) {
    return "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n" + extra +
           "ElementType = MET_SHORT\nElementDataFile = LOCAL\n" + std::string(2 * 60, '\1');
  };
  corpus.put(".mha", "absurd sizes", meta("DimSize = 99999999 99999999 99999999\nElementSpacing = 1 1 1\n"));
  corpus.put(".mha", "negative size", meta("DimSize = -5 3 4\nElementSpacing = 1 1 1\n"));
  corpus.put(".mha", "no sizes", meta("ElementSpacing = 1 1 1\n"));
  corpus.put(".mha", "spacing not a number", meta("DimSize = 5 3 4\nElementSpacing = nan nan 1\n"));
  corpus.put(".mha", "spacing zero", meta("DimSize = 5 3 4\nElementSpacing = 0 1 1\n"));
  corpus.put(".mha", "spacing negative", meta("DimSize = 5 3 4\nElementSpacing = -1 1 1\n"));
  corpus.put(".mha", "axes zero", meta("DimSize = 5 3 4\nElementSpacing = 1 1 1\nTransformMatrix = 0 0 0 0 0 0 0 0 0\n"));
  corpus.put(".mha", "compressed bytes beyond the file",
             meta("DimSize = 5 3 4\nCompressedData = True\nCompressedDataSize = 99999999999999\n"));
  corpus.put(".mha", "not compressed as it says", meta("DimSize = 5 3 4\nCompressedData = True\nCompressedDataSize = 100\n"));
  corpus.put(".mha", "many axes", replaced(meta("DimSize = 5 3 4\n"), "NDims = 3", "NDims = 999999"));
  corpus.put(".mhd", "voxels in a file that is not there", replaced(meta("DimSize = 5 3 4\n"), "LOCAL", "nowhere.raw"));
  corpus.put(".mhd", "voxels in many files", replaced(meta("DimSize = 5 3 4\n"), "LOCAL", "slice_%03d.raw 1 99999999 1"));
  const auto nrrd = [](const std::string& extra) {
    return "NRRD0004\ntype: short\ndimension: 3\nendian: little\n" + extra + "\n" + std::string(2 * 60, '\1');
  };
  corpus.put(".nrrd", "absurd sizes", nrrd("sizes: 99999999 99999999 99999\nencoding: raw\n"));
  corpus.put(".nrrd", "negative size", nrrd("sizes: -5 3 4\nencoding: raw\n"));
  corpus.put(".nrrd", "no encoding", nrrd("sizes: 5 3 4\n"));
  corpus.put(".nrrd", "unknown encoding", nrrd("sizes: 5 3 4\nencoding: zip\n"));
  corpus.put(".nrrd", "not compressed as it says", nrrd("sizes: 5 3 4\nencoding: gzip\n"));
  corpus.put(".nrrd", "spacing not a number", nrrd("sizes: 5 3 4\nspacings: nan 1 1\nencoding: raw\n"));
  corpus.put(
      ".nrrd", "directions not numbers",
      nrrd("sizes: 5 3 4\nspace: left-posterior-superior\nspace directions: (nan,0,0) (0,inf,0) (0,0,1)\nencoding: raw\n"));
  corpus.put(".nrrd", "skips beyond the file", nrrd("sizes: 5 3 4\nbyte skip: 99999999999\nencoding: raw\n"));
  corpus.put(".nrrd", "many axes", replaced(nrrd("sizes: 5 3 4\nencoding: raw\n"), "dimension: 3", "dimension: 999"));
  corpus.put(".nhdr", "voxels in a file that is not there", nrrd("sizes: 5 3 4\nencoding: raw\ndata file: nowhere.raw\n"));
}

// Sound headers, whose voxels lie in a file of their own that is not what they say.
void add_detached(Corpus& corpus) {
  const std::string raw(2 * 60, '\1'), packed = deflate_gzip(raw, 6);
  int number = 0;
  const auto put = [&](const std::string& what, const std::string& bytes, const std::string& suffix, const std::string& header) {
    const auto name = fmt::format("voxels_{}.raw", number++);
    put_bytes(corpus.folder() / name, bytes);
    corpus.put(suffix, what, header + name + "\n");
  };
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nDimSize = 5 3 4\nElementType = "
      "MET_SHORT\n";
  const auto nrrd = [](const std::string& encoding) {
    return "NRRD0004\ntype: short\ndimension: 3\nendian: little\nsizes: 5 3 4\nencoding: " + encoding + "\ndata file: ";
  };
  put("voxels cut short", raw.substr(0, 100), ".mhd", meta + "ElementDataFile = ");
  put("no voxels", "", ".mhd", meta + "ElementDataFile = ");
  put("voxels not compressed as it says", raw, ".mhd", meta + "CompressedData = True\nElementDataFile = ");
  put("compressed voxels cut short", packed.substr(0, packed.size() / 2), ".mhd", meta + "CompressedData = True\nElementDataFile = ");
  put("voxels cut short", raw.substr(0, 100), ".nhdr", nrrd("raw"));
  put("no voxels", "", ".nhdr", nrrd("raw"));
  put("voxels not compressed as it says", raw, ".nhdr", nrrd("gzip"));
  put("compressed voxels cut short", packed.substr(0, packed.size() / 2), ".nhdr", nrrd("gzip"));
  put("wrong checksum", with<std::uint32_t>(packed, packed.size() - 8, 0x12345678), ".nhdr", nrrd("gzip"));
  corpus.put(".mhd", "voxels in a folder", meta + "ElementDataFile = .\n");
  corpus.put(".nhdr", "voxels in a folder", nrrd("raw") + ".\n");
  const auto own = corpus.place(".mhd", "voxels in its own header");
  put_bytes(own, meta + "ElementDataFile = " + own.filename().string() + "\n");
}

void add_arrays(Corpus& corpus) {
  const auto npy = [](const std::string& dictionary, std::size_t bytes) {
    std::string text = dictionary + "\n", file("\x93NUMPY\1\0", 8);
    file += DicomSlice::word(static_cast<int>(text.size()));
    return file + text + std::string(bytes, '\1');
  };
  const auto entry = [](const std::string& type, const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  };
  corpus.put(".npy", "objects", npy(entry("|O", "3,"), 64));
  corpus.put(".npy", "text", npy(entry("<U8", "2, 2"), 128));
  corpus.put(".npy", "complex", npy(entry("<c16", "2, 2"), 64));
  corpus.put(".npy", "records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", 64));
  corpus.put(".npy", "absurd sizes", npy(entry("<f8", "4000000000, 4000000000"), 64));
  corpus.put(".npy", "sizes that overflow", npy(entry("<f8", "9000000000000000000, 9000000000000000000"), 64));
  corpus.put(".npy", "negative size", npy(entry("<f4", "-4, 4, 4"), 64));
  corpus.put(".npy", "one axis", npy(entry("<f4", "16,"), 64));
  corpus.put(".npy", "many axes", npy(entry("<f4", "1, 1, 1, 1, 1, 16"), 64));
  corpus.put(".npy", "no voxels", npy(entry("<f4", "0, 4, 4"), 0));
  corpus.put(".npy", "code instead of a header", npy("__import__('os').system('true')", 64));
  const auto npz = corpus.sound(".npz", false);
  const auto end = npz.rfind(std::string("PK\5\6", 4)), directory = npz.find(std::string("PK\1\2", 4));
  corpus.put(".npz", "directory beyond the file", with<std::uint32_t>(npz, end + 16, 0xFFFFFF00));
  corpus.put(".npz", "directory of gigabytes", with<std::uint32_t>(npz, end + 12, 0xFFFFFF00));
  corpus.put(".npz", "array of gigabytes", with<std::uint32_t>(npz, directory + 24, 0xFFFFFF00));
  corpus.put(".npz", "unknown method", with<std::uint16_t>(npz, directory + 10, 99));
  corpus.put(".npz", "wrong checksum", with<std::uint32_t>(npz, directory + 16, 1));
}

// One data set written with HDF5's own calls.
void h5_set(const fs::path& path, const char* key, hid_t type, const std::vector<hsize_t>& size,
            const std::vector<hsize_t>& chunk) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr),
              plan = H5Pcreate(H5P_DATASET_CREATE);
  if (!chunk.empty()) H5Pset_chunk(plan, static_cast<int>(chunk.size()), chunk.data());
  const hid_t set = H5Dcreate2(file, key, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  if (set >= 0) H5Dclose(set);
  H5Pclose(plan);
  H5Sclose(space);
  H5Fclose(file);
}

void add_h5(Corpus& corpus) {
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(pair, "a", 0, H5T_NATIVE_DOUBLE);
  h5_set(corpus.place(".h5", "records"), "image", pair, {4, 4, 4}, {});
  H5Tclose(pair);
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  h5_set(corpus.place(".h5", "text"), "image", text, {4, 4, 4}, {});
  H5Tclose(text);
  h5_set(corpus.place(".h5", "petabytes never written"), "image", H5T_NATIVE_DOUBLE, {1 << 20, 1 << 20, 1 << 10},
         {1, 1 << 10, 1 << 10});
  h5_set(corpus.place(".h5", "references"), "image", H5T_STD_REF_OBJ, {4, 4, 4}, {});
  h5_set(corpus.place(".h5", "one axis"), "image", H5T_NATIVE_FLOAT, {64}, {});
  h5_set(corpus.place(".h5", "five axes"), "image", H5T_NATIVE_FLOAT, {1, 1, 4, 4, 4}, {});
  h5_set(corpus.place(".h5", "no voxels"), "image", H5T_NATIVE_FLOAT, {0, 4, 4}, {});
  h5_set(corpus.place(".h5", "another key, said to be ITK's"), "ITKVersion", H5T_NATIVE_INT, {1}, {});
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto image = filled({4, 5, 6}, at::kFloat);
  write_h5(corpus.place(".h5", "affine not numbers"), {{"image", image}}, {{"affine", std::vector<double>(16, nan)}});
  write_h5(corpus.place(".h5", "spacing not numbers"), {{"image", image}}, {{"spacing", std::vector<double>(3, nan)}});
  write_h5(corpus.place(".h5", "spacing zero"), {{"image", image}}, {{"spacing", std::vector<double>(3, 0)}});
  write_h5(corpus.place(".h5", "affine of zeros"), {{"image", image}}, {{"affine", std::vector<double>(16, 0)}});
  write_h5(corpus.place(".h5", "no image"), {{"a", image}, {"b", image}});
}

std::vector<DicomSlice> sound_slices() {
  std::vector<DicomSlice> slices(3);
  for (int k = 0; k < 3; ++k) {
    auto& slice = slices[static_cast<std::size_t>(k)];
    slice.position = {0, 0, 2.0 * k};
    slice.number = k + 1;
    slice.instance = fmt::format("1.2.3.{}", k + 1);
  }
  return slices;
}

void add_dicom(Corpus& corpus) {
  // The middle slice is harmed.
  const auto harmed = [&](const std::string& what, const std::string& middle) {
    const auto slices = sound_slices();
    corpus.put_slices(what, {slices[0].bytes(), middle, slices[2].bytes()});
  };
  const std::pair<std::uint32_t, const char*> elements[]{
      {0x00280010, "rows"},        {0x00280011, "columns"}, {0x00200032, "position"},
      {0x00200037, "orientation"}, {0x00280030, "spacing"}, {0x00280100, "bits"},
      {0x7FE00010, "pixels"},      {0x00080016, "class"},   {0x0020000E, "series"}};
  for (const auto& [tag, name] : elements) {
    auto slice = sound_slices()[1];
    slice.left_out = {tag};
    harmed(fmt::format("without {}", name), slice.bytes());
  }
  const std::tuple<std::uint32_t, std::string, const char*> wrong[]{{0x00280010, DicomSlice::word(65535), "absurd rows"},
                                                                    {0x00280010, DicomSlice::word(0), "no rows"},
                                                                    {0x00280100, DicomSlice::word(12345), "absurd bits"},
                                                                    {0x00280002, DicomSlice::word(9), "nine samples"},
                                                                    {0x00280030, "nan\\nan", "spacing not numbers"},
                                                                    {0x00280030, "0\\0", "spacing zero"},
                                                                    {0x00280030, "-1\\1", "spacing negative"},
                                                                    {0x00200032, "here\\there", "position of words"},
                                                                    {0x00200032, "nan\\0\\0", "position not a number"},
                                                                    {0x00200032, "1e308\\1e308\\1e308", "position endless"},
                                                                    {0x00200037, "0\\0\\0\\0\\0\\0", "orientation of zeros"},
                                                                    {0x00200037, "1\\0\\0\\1\\0\\0", "orientation in one line"},
                                                                    {0x00281053, "steep", "slope of words"}};
  for (const auto& [tag, value, name] : wrong) {
    auto slice = sound_slices()[1];
    slice.changed[tag] = value;
    harmed(name, slice.bytes());
  }
  const auto whole = sound_slices()[1].bytes();
  const auto pixels = whole.find(std::string("\xE0\x7F\x10\0OW", 6));
  harmed("pixels of 4 GB", with<std::uint32_t>(whole, pixels + 8, 0xFFFFFFF0));
  harmed("pixels in fragments that are none", with<std::uint32_t>(whole, pixels + 8, 0xFFFFFFFF));
  harmed("a sequence that ends nowhere", whole + std::string("\xFE\x7F\x01\0SQ\0\0\xFF\xFF\xFF\xFF", 12));
  std::string nested;
  for (int depth = 0; depth < 5000; ++depth)
    nested.append("\xFE\x7F\x01\0SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF", 20);
  harmed("sequences five thousand deep", whole + nested);
  harmed("an unknown transfer syntax", replaced(whole, "1.2.840.10008.1.2.1", "1.2.840.10008.1.9.9"));
  harmed("a compressed transfer syntax over plain pixels",
         replaced(whole, std::string("1.2.840.10008.1.2.1\0", 20), "1.2.840.10008.1.2.5 "));
  for (const std::size_t at : {std::size_t{100}, std::size_t{140}, std::size_t{300}, whole.size() - 10})
    harmed(fmt::format("cut at {}", at), whole.substr(0, at));
  auto rng = corpus.rng("dicom");
  for (int n = 0; n < 16; ++n) harmed("mutated", mutated(whole, rng.fork(static_cast<std::uint64_t>(n))));
  corpus.put_slices("nothing inside", {});
  corpus.put_slices("text under its name", {"hello", "world"});
}

}  // namespace

std::vector<HostileFile> write_hostile_files(const fs::path& folder, std::uint64_t seed) {
  Corpus corpus(folder, seed);
  add_cuts_and_flips(corpus);
  add_nifti(corpus);
  add_gzip(corpus);
  add_text_headers(corpus);
  add_detached(corpus);
  add_arrays(corpus);
  add_h5(corpus);
  add_dicom(corpus);
  return corpus.files();
}

std::vector<fs::path> write_sound_files(const fs::path& folder, int count) {
  std::vector<fs::path> files;
  Geometry grid;
  grid.known = true;
  for (int n = 0; n < count; ++n) {
    grid.origin[0] = n;
    files.push_back(folder / fmt::format("sound_{}.nii.gz", n));
    write_image(files.back(), filled({8, 9, 10}, at::kShort), grid);
  }
  return files;
}

}  // namespace plexus::test
