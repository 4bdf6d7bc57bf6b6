#pragma once
// For h5*.cpp alone: HDF5's C interface with owners, one lock and errors as Error(data).
#include <hdf5.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <plexus/data/elements.hpp>

namespace plexus::h5 {

// While it lives, this thread alone uses HDF5 (whose builds need not be thread-safe), and HDF5 prints nothing.
class Session {
 public:
  Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

 private:
  std::unique_lock<std::mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  // Closes now; false where HDF5 could not (a full disk shows only here).
  bool close() { return close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

// Opened for reading; throws Error(data): missing, not HDF5, cut short.
class File {
 public:
  explicit File(const std::filesystem::path& path);
  hid_t id() const { return handle_; }
  const std::filesystem::path& path() const { return path_; }
  std::vector<std::string> keys() const;  // data sets of the root group, sorted

 private:
  std::filesystem::path path_;
  Handle handle_;
};

// Throws Error(data) where the key is not there (naming those that are) or holds no numbers.
class DataSet {
 public:
  DataSet(const File& file, const std::string& key);
  hid_t id() const { return handle_; }
  // "file.h5: 'label'"
  const std::string& where() const { return where_; }
  [[noreturn]] void fail(const std::string& message) const;  // with HDF5's own words

  std::vector<std::int64_t> shape;
  ElementType type;         // after HDF5's conversion, where plain_type is false
  bool plain_type = false;  // bytes in the file are numbers of `type` as they stand, but for byte order

 private:
  Handle handle_;
  std::string where_;
};

hid_t memory_type(at::ScalarType type);
// The innermost message on HDF5's error stack, "" where there is none.
std::string last_error();

}  // namespace plexus::h5
