#pragma once
// For sources that use ITK's image readers: errors as Error(data), types as LibTorch's.
#include <plexus/data/itk_compiler.hpp>

#include <filesystem>
#include <string>

#include <ATen/core/Tensor.h>
#include <itkImageIOBase.h>

#include <plexus/base/error.hpp>
#include <plexus/data/elements.hpp>

namespace plexus::itk_io {

[[noreturn]] void rethrow_itk(const std::filesystem::path& path);  // within a catch clause

// Runs work that calls ITK (or GDCM below it); what it throws becomes Error(data) naming the path.
template <class Work>
void guarded(const std::filesystem::path& path, Work&& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (...) {
    rethrow_itk(path);
  }
}

// LibTorch's type of the stored elements, and the one to calculate with. Throws Error(data) for others.
struct Types {
  at::ScalarType stored, used;
  ElementType element;
  std::string name;  // NumPy's
};
Types types(const itk::ImageIOBase& io, const std::filesystem::path& path);
itk::IOComponentEnum component(at::ScalarType type);

}  // namespace plexus::itk_io
