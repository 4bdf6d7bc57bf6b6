#include <plexus/data/h5_handle.hpp>

#include <algorithm>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::h5 {
namespace {

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

Session::Session() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Session::~Session() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

std::string last_error() {
  std::string text;
  const auto take = [](unsigned n, const H5E_error2_t* error, void* target) -> herr_t {
    if (n == 0 && error->desc) *static_cast<std::string*>(target) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &text);
  return text;
}

File::File(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw Error(ErrorKind::data, "does not exist", path.string());
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access, false, true);  // read-only and network file systems often refuse locks
  handle_ = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (handle_ >= 0) return;
  const auto reason = last_error();
  if (H5Fis_hdf5(path.c_str()) <= 0) throw Error(ErrorKind::data, "is not an HDF5 file", path.string());
  throw Error(ErrorKind::data, fmt::format("cut short or damaged ({})", reason), path.string(),
              "copy or download the file again");
}

std::vector<std::string> File::keys() const {
  std::vector<std::string> names;
  H5G_info_t group;
  if (H5Gget_info(handle_, &group) < 0) throw Error(ErrorKind::data, "cut short or damaged", path_.string());
  for (hsize_t i = 0; i < group.nlinks; ++i) {
    const auto length = H5Lget_name_by_idx(handle_, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) continue;
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(handle_, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    name.pop_back();
    const Handle object(H5Oopen(handle_, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (object >= 0 && H5Iget_type(object) == H5I_DATASET) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

DataSet::DataSet(const File& file, const std::string& key) : where_(fmt::format("{}: '{}'", file.path().string(), key)) {
  handle_ = Handle(H5Dopen2(file.id(), key.c_str(), H5P_DEFAULT), H5Dclose);
  if (handle_ < 0) {
    auto names = file.keys();
    const bool listed = std::find(names.begin(), names.end(), key) != names.end();
    if (listed) fail("cannot be opened");
    for (auto& name : names) name = "'" + name + "'";
    throw Error(ErrorKind::data,
                fmt::format("has no data set '{}'; it has {}", key, names.empty() ? "none" : join(names, ", ")),
                file.path().string());
  }
  const Handle space(H5Dget_space(handle_), H5Sclose), kind(H5Dget_type(handle_), H5Tclose);
  const int axes = H5Sget_simple_extent_ndims(space);
  if (axes < 0) fail("cannot be read");
  std::vector<hsize_t> sizes(static_cast<std::size_t>(axes));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  double count = 1;
  for (const auto size : sizes) {
    count *= static_cast<double>(size);
    shape.push_back(static_cast<std::int64_t>(size));
  }
  std::error_code ignored;
  const auto held = static_cast<double>(
      std::min<std::uint64_t>(H5Dget_storage_size(handle_), std::filesystem::file_size(file.path(), ignored)));
  // Deflate packs at most 1032 to 1; values that were never written take no room.
  if (count > 1040 * held + 1.6e7)
    throw Error(ErrorKind::data, fmt::format("promises {:g} values, but holds only {:g} bytes", count, held), where_);
  auto family = H5Tget_class(kind);
  const auto bytes = H5Tget_size(kind);
  const bool whole = H5Tget_precision(kind) == 8 * bytes;
  if (family == H5T_ENUM) family = H5T_INTEGER;  // truth values
  if (family == H5T_FLOAT) {
    type = {ElementType::Kind::real, bytes <= 4 ? 4 : 8};
    plain_type = whole && (bytes == 4 || bytes == 8);
  } else if (family == H5T_INTEGER && bytes <= 8) {
    const bool sign = H5Tget_class(kind) == H5T_ENUM || H5Tget_sign(kind) != H5T_SGN_NONE;
    type = {sign ? ElementType::Kind::signed_integer : ElementType::Kind::unsigned_integer, bytes <= 2 ? static_cast<int>(bytes)
                                                                                            : bytes <= 4 ? 4
                                                                                                         : 8};
    plain_type = whole && H5Tget_class(kind) == H5T_INTEGER && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
  } else {
    throw Error(ErrorKind::data, "holds no numbers (text, compound or other)", where_);
  }
}

void DataSet::fail(const std::string& message) const {
  const auto reason = last_error();
  throw Error(ErrorKind::data, reason.empty() ? message : fmt::format("{} ({})", message, reason), where_,
              "copy or download the file again");
}

hid_t memory_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return H5T_NATIVE_UINT8;
    case at::kChar:
      return H5T_NATIVE_INT8;
    case at::kShort:
      return H5T_NATIVE_INT16;
    case at::kInt:
      return H5T_NATIVE_INT32;
    case at::kLong:
      return H5T_NATIVE_INT64;
    case at::kFloat:
      return H5T_NATIVE_FLOAT;
    case at::kDouble:
      return H5T_NATIVE_DOUBLE;
    default:
      throw std::logic_error("memory_type");
  }
}

}  // namespace plexus::h5
