#include <plexus/data/npy.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/npy_format.hpp>

namespace plexus {
namespace {

npy::Layout layout_of(const std::filesystem::path& path) {
  std::error_code fault;
  const auto held = std::filesystem::file_size(path, fault);
  if (fault) throw Error(ErrorKind::data, "cannot be opened", path.string());
  const auto front = file_bytes(path, 0, std::min<std::uint64_t>(held, 12 + (1 << 16)));
  return npy::parse({static_cast<const char*>(front.const_data_ptr()), front.nbytes()}, path.string());
}

}  // namespace

at::Tensor read_npy(const std::filesystem::path& path) {
  const auto layout = layout_of(path);
  return npy::tensor(file_bytes(path, layout.data, layout.bytes()), layout, path.string());
}

std::vector<std::int64_t> npy_shape(const std::filesystem::path& path, std::string& type) {
  const auto layout = layout_of(path);
  type = layout.type_name();
  return layout.shape;
}

void write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  write_file(path, npy::encode(tensor.detach().to(at::kCPU)));
}

}  // namespace plexus
