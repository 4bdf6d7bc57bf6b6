#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/h5_handle.hpp>

namespace plexus {
namespace {

using h5::Handle;

constexpr std::int64_t largest_chunk = 1 << 20;  // bytes: HDF5's default chunk cache

void check(bool good, const std::filesystem::path& path) {
  if (good) return;
  const auto reason = h5::last_error();
  throw Error(ErrorKind::resource, fmt::format("cannot be written ({})", reason), path.string(), "is the disk full?");
}

std::vector<hsize_t> chunk_of(const at::Tensor& values) {
  std::vector<hsize_t> chunk(values.sizes().begin(), values.sizes().end());
  auto bytes = static_cast<std::int64_t>(values.nbytes());
  while (bytes > largest_chunk) {
    auto& longest = *std::max_element(chunk.begin(), chunk.end());
    longest = (longest + 1) / 2;
    bytes = static_cast<std::int64_t>(values.element_size());
    for (const auto size : chunk) bytes *= static_cast<std::int64_t>(size);
  }
  return chunk;
}

void write_set(hid_t file, const std::string& key, const at::Tensor& tensor, const std::filesystem::path& path) {
  auto values = tensor.detach().to(at::kCPU).contiguous();
  if (values.scalar_type() == at::kBool) values = values.to(at::kByte);
  if (values.is_floating_point() && values.scalar_type() != at::kDouble) values = values.to(at::kFloat);
  const std::vector<hsize_t> sizes(values.sizes().begin(), values.sizes().end());
  const Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  const Handle plan(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (values.numel() > 0 && values.dim() > 0) {
    const auto chunk = chunk_of(values);
    H5Pset_chunk(plan, static_cast<int>(chunk.size()), chunk.data());
    if (values.element_size() > 1) H5Pset_shuffle(plan);
    H5Pset_deflate(plan, 4);
  }
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);  // "image/0" needs the group "image"
  const auto type = h5::memory_type(values.scalar_type());
  const Handle set(H5Dcreate2(file, key.c_str(), type, space, links, plan, H5P_DEFAULT), H5Dclose);
  check(set >= 0, path);
  if (values.numel() > 0) check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.const_data_ptr()) >= 0, path);
}

void write_attribute(hid_t file, const std::string& name, const H5Attribute& value, const std::filesystem::path& path) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
    H5Tset_size(type, text->size() + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Handle attribute(H5Acreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check(attribute >= 0 && H5Awrite(attribute, type, text->c_str()) >= 0, path);
    return;
  }
  const auto& numbers = std::get<std::vector<double>>(value);
  const hsize_t size = numbers.size();
  const Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  const Handle attribute(H5Acreate2(file, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute >= 0 && (numbers.empty() || H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data()) >= 0), path);
}

void read_attribute(hid_t attribute, const std::string& name, H5Attributes& all) {
  const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
  const auto count = H5Sget_simple_extent_npoints(space);
  const auto family = H5Tget_class(type);
  if (family == H5T_FLOAT || family == H5T_INTEGER) {
    std::vector<double> numbers(static_cast<std::size_t>(std::max<hssize_t>(count, 0)));
    if (numbers.empty() || H5Aread(attribute, H5T_NATIVE_DOUBLE, numbers.data()) >= 0) all.emplace_back(name, numbers);
  } else if (family == H5T_STRING && count == 1) {
    if (H5Tis_variable_str(type) > 0) {
      char* text = nullptr;
      if (H5Aread(attribute, type, &text) < 0 || !text) return;
      all.emplace_back(name, std::string(text));
      H5free_memory(text);
    } else {
      std::string text(H5Tget_size(type), '\0');
      if (H5Aread(attribute, type, text.data()) < 0) return;
      all.emplace_back(name, text.substr(0, text.find('\0')));
    }
  }
}

}  // namespace

H5Attributes read_h5_attributes(const std::filesystem::path& path) {
  const h5::Session session;
  const h5::File file(path);
  H5Attributes all;
  for (hsize_t i = 0;; ++i) {
    const Handle attribute(H5Aopen_by_idx(file.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (attribute < 0) return all;
    const auto length = H5Aget_name(attribute, 0, nullptr);
    if (length < 0) return all;
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Aget_name(attribute, name.size(), name.data());
    name.pop_back();
    read_attribute(attribute, name, all);
  }
}

void write_h5(const std::filesystem::path& path, const std::vector<std::pair<std::string, at::Tensor>>& tensors,
              const H5Attributes& attributes) {
  write_atomically(path, [&](const std::filesystem::path& part) {
    const h5::Session session;
    Handle file(H5Fcreate(part.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    check(file >= 0, path);
    for (const auto& [key, tensor] : tensors) write_set(file, key, tensor, path);
    for (const auto& [name, value] : attributes) write_attribute(file, name, value, path);
    check(file.close(), path);
  });
}

}  // namespace plexus
