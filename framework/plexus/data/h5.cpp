#include <plexus/data/h5.hpp>

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/h5_handle.hpp>

namespace plexus {
namespace {

using h5::Handle;

struct RawChunk {
  std::vector<hsize_t> offset;
  std::uint32_t skipped = 0;  // bit i: filter i was not applied
  std::string bytes;
};

// What was taken from a file under the lock.
struct StoredChunks {
  std::vector<std::int64_t> shape;
  ElementType type;
  bool swapped = false;
  std::vector<hsize_t> chunk;
  std::vector<H5Z_filter_t> filters;
  std::vector<RawChunk> chunks;
};

std::int64_t count_of(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const auto size : shape) count *= size;
  return count;
}

// Whether the chunks can be read raw; fills `stored` but for the chunks.
bool readable_raw(const h5::DataSet& set, StoredChunks& stored) {
  stored.shape = set.shape;
  stored.type = set.type;
  if (!set.plain_type || stored.shape.empty() || count_of(stored.shape) == 0) return false;
  const Handle type(H5Dget_type(set.id()), H5Tclose), plan(H5Dget_create_plist(set.id()), H5Pclose);
  stored.swapped = set.type.bytes > 1 && H5Tget_order(type) != H5Tget_order(H5T_NATIVE_INT);
  if (H5Pget_layout(plan) != H5D_CHUNKED) return false;
  stored.chunk.resize(stored.shape.size());
  if (H5Pget_chunk(plan, static_cast<int>(stored.chunk.size()), stored.chunk.data()) < 0) return false;
  const int filters = H5Pget_nfilters(plan);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    std::size_t values = 0;
    const auto filter = H5Pget_filter2(plan, static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE) return false;
    stored.filters.push_back(filter);
  }
  return true;
}

// Reads all raw chunks; false where one was never written (its fill value is HDF5's business).
bool read_raw(const h5::DataSet& set, StoredChunks& stored, std::uint64_t held) {
  std::uint64_t taken = 0;
  std::vector<hsize_t> offset(stored.shape.size(), 0);
  for (;;) {
    RawChunk chunk;
    chunk.offset = offset;
    hsize_t bytes = 0;
    if (H5Dget_chunk_storage_size(set.id(), offset.data(), &bytes) < 0 || bytes == 0) return false;
    if (bytes > held - std::min<std::uint64_t>(held, taken)) set.fail("a chunk promises more bytes than the file has");
    taken += bytes;
    chunk.bytes.resize(bytes);
    if (H5Dread_chunk(set.id(), H5P_DEFAULT, offset.data(), &chunk.skipped, chunk.bytes.data()) < 0) set.fail("cannot be read");
    stored.chunks.push_back(std::move(chunk));
    std::size_t axis = offset.size();
    while (axis-- > 0) {
      offset[axis] += stored.chunk[axis];
      if (offset[axis] < static_cast<hsize_t>(stored.shape[axis])) break;
      offset[axis] = 0;
      if (axis == 0) return true;
    }
  }
}

class Inflater {
 public:
  Inflater() : handle_(libdeflate_alloc_decompressor()) {}
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { libdeflate_free_decompressor(handle_); }
  bool operator()(const std::string& packed, std::string& target) {
    return libdeflate_zlib_decompress(handle_, packed.data(), packed.size(), target.data(), target.size(), nullptr) ==
           LIBDEFLATE_SUCCESS;
  }

 private:
  libdeflate_decompressor* handle_;
};

// Puts byte planes back into elements.
void unshuffle(const std::string& planes, std::size_t element, std::string& target) {
  const std::size_t count = planes.size() / element;
  for (std::size_t byte = 0; byte < element; ++byte) {
    const char* from = planes.data() + byte * count;
    for (std::size_t i = 0; i < count; ++i) target[i * element + byte] = from[i];
  }
}

// Copies the part of a chunk that lies inside the data set, row by row along the last axis.
void place(const std::string& values, const RawChunk& chunk, const StoredChunks& stored, char* target) {
  const auto element = static_cast<std::size_t>(stored.type.bytes);
  const std::size_t axes = stored.shape.size();
  std::vector<std::size_t> inside(axes), index(axes, 0);
  for (std::size_t a = 0; a < axes; ++a)
    inside[a] = std::min<std::size_t>(stored.chunk[a], static_cast<std::size_t>(stored.shape[a]) - chunk.offset[a]);
  for (;;) {
    std::size_t from = 0, to = 0;
    for (std::size_t a = 0; a < axes; ++a) {
      from = from * stored.chunk[a] + index[a];
      to = to * static_cast<std::size_t>(stored.shape[a]) + chunk.offset[a] + index[a];
    }
    std::copy_n(values.data() + from * element, inside[axes - 1] * element, target + to * element);
    std::size_t axis = axes - 1;
    for (;;) {
      if (axis == 0) return;
      --axis;
      if (++index[axis] < inside[axis]) break;
      index[axis] = 0;
    }
  }
}

at::Tensor assembled(StoredChunks& stored, const std::string& where) {
  const auto element = static_cast<std::size_t>(stored.type.bytes);
  double promised = static_cast<double>(element);
  for (const auto size : stored.chunk) promised *= static_cast<double>(size);
  // A chunk may reach beyond a small data set, but no writer makes one much larger than what it holds.
  if (promised > static_cast<double>(most_inflated(stored.chunks.front().bytes.size())))
    throw Error(ErrorKind::data, "a chunk promises more values than it holds", where, "copy the file again");
  const auto chunk_bytes = static_cast<std::size_t>(promised);
  auto bytes = allocate({count_of(stored.shape) * stored.type.bytes}, at::kByte, where);
  Inflater inflate;
  std::string values(chunk_bytes, '\0'), other(chunk_bytes, '\0');
  for (auto& chunk : stored.chunks) {
    for (std::size_t i = stored.filters.size(); i-- > 0;) {
      if (chunk.skipped >> i & 1) continue;
      if (stored.filters[i] == H5Z_FILTER_DEFLATE) {
        if (!inflate(chunk.bytes, values))
          throw Error(ErrorKind::data, "the compressed data are damaged", where, "copy the file again");
        chunk.bytes.swap(values);
        values.resize(chunk_bytes);
      } else {
        if (chunk.bytes.size() != chunk_bytes) break;
        unshuffle(chunk.bytes, element, other);
        chunk.bytes.swap(other);
        other.resize(chunk_bytes);
      }
    }
    if (chunk.bytes.size() != chunk_bytes)
      throw Error(ErrorKind::data, "a chunk has the wrong size", where, "copy the file again");
    place(chunk.bytes, chunk, stored, static_cast<char*>(bytes.mutable_data_ptr()));
    std::string().swap(chunk.bytes);
  }
  return as_elements(bytes, stored.type, stored.swapped, where).view(stored.shape);
}

// H5Dread, with HDF5's own conversion and filters.
at::Tensor plain(const h5::DataSet& set) {
  const auto used = used_type(set.type);
  auto values = allocate(set.shape, used, set.where());
  if (values.numel() > 0 && H5Dread(set.id(), h5::memory_type(used), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data_ptr()) < 0)
    set.fail("cannot be read");
  return values;
}

}  // namespace

at::Tensor read_h5(const std::filesystem::path& path, const std::string& key) {
  StoredChunks stored;
  std::string where;
  {
    const h5::Session session;
    const h5::File file(path);
    const h5::DataSet set(file, key);
    where = set.where();
    if (!readable_raw(set, stored) || !read_raw(set, stored, std::filesystem::file_size(path))) return plain(set);
  }
  return assembled(stored, where);
}

at::Tensor read_h5_plain(const std::filesystem::path& path, const std::string& key) {
  const h5::Session session;
  const h5::File file(path);
  return plain(h5::DataSet(file, key));
}

std::vector<std::int64_t> h5_shape(const std::filesystem::path& path, const std::string& key) {
  const h5::Session session;
  const h5::File file(path);
  return h5::DataSet(file, key).shape;
}

std::string h5_type_name(const std::filesystem::path& path, const std::string& key) {
  const h5::Session session;
  const h5::File file(path);
  return type_name(h5::DataSet(file, key).type);
}

bool h5_has(const std::filesystem::path& path, const std::string& key) {
  const auto keys = h5_keys(path);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::vector<std::string> h5_keys(const std::filesystem::path& path) {
  const h5::Session session;
  return h5::File(path).keys();
}

}  // namespace plexus
