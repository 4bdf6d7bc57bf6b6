#pragma once
#include <string>

#include <c10/core/Device.h>

namespace plexus {

// "cpu", "cuda" or "cuda:N" made ready for use. The first CUDA device loads libtorch_cuda.so for all (RTLD_GLOBAL), which
// this program is not linked to. Throws Error(usage) for another name, Error(resource) where there is no such device.
c10::Device open_device(const std::string& name);

// Whether CUDA can be used, for people: "" where it can, else why not.
std::string cuda_problem();

}  // namespace plexus
