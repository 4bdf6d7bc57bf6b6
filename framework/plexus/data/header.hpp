#pragma once
#include <array>
#include <cstdint>
#include <string>

#include <plexus/data/nifti.hpp>

namespace plexus {

// What the input's file said beside its voxels, for outputs that shall say the same.
class Header {
 public:
  explicit Header(NiftiHeader nifti) : nifti_(std::move(nifti)) {}
  const NiftiHeader& nifti() const noexcept { return nifti_; }

 private:
  NiftiHeader nifti_;
};

}  // namespace plexus
