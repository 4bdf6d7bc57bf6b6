#pragma once
// Stands in for LibTorch's header where the binary interface is compared: types of the right names and sizes. LibTorch itself is the
// same for host and plugin, since its version must match exactly, so that nothing of it is to be compared.
#include <cstddef>
#include <cstdint>

namespace c10 {
struct Device {
  std::int8_t type, index;
};
template <class T> class ArrayRef {
 public:
  const T* data;
  std::size_t size;
};
}  // namespace c10

namespace at {
using c10::Device;
using IntArrayRef = c10::ArrayRef<std::int64_t>;
class Tensor {
 public:
  Tensor();
  Tensor(const Tensor&);
  ~Tensor();
  Tensor& operator=(const Tensor&);

 private:
  void* held_;
};
}  // namespace at
