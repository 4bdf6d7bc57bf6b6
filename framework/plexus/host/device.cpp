#include <plexus/host/device.hpp>

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include <ATen/Context.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/fault.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

// "" where libtorch_cuda.so is in the process, else the reason. It brings its own registrations, which must be seen by all.
std::string load_cuda_library() {
  static const std::string problem = [] {
    Dl_info torch{};
    if (dladdr(reinterpret_cast<void*>(&at::globalContext), &torch) == 0 || torch.dli_fname == nullptr)
      return std::string("LibTorch's folder cannot be found");
    const auto file = std::filesystem::path(torch.dli_fname).parent_path() / "libtorch_cuda.so";
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
      return fmt::format("this LibTorch has no CUDA part: {} is missing", file.string());
    if (dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr)
      return fmt::format("LibTorch's CUDA part does not load: {}", dlerror());
    return std::string();
  }();
  return problem;
}

}  // namespace

std::string cuda_problem() {
  try {
    if (auto problem = load_cuda_library(); !problem.empty()) return problem;
    if (at::globalContext().hasCUDA() && at::getNumGPUs() > 0) return "";
    return "no CUDA device is there, or its driver is too old (see nvidia-smi)";
  } catch (const std::exception& error) {
    return first_line(error);
  }
}

c10::Device open_device(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  const bool numbered = name.rfind("cuda:", 0) == 0;
  const auto index = numbered ? parse_integer(name.substr(5)) : std::optional<long long>(0);
  if ((name != "cuda" && !numbered) || !index || *index < 0 || *index > 63)
    throw Error(ErrorKind::usage, fmt::format("no device '{}'", name), "", "use cpu, cuda or cuda:N");
  const std::string problem = cuda_problem();
  if (!problem.empty()) {
    throw Error(ErrorKind::resource, fmt::format("device '{}' cannot be used: {}", name, problem), "",
                "use --device cpu; 'plexus doctor' says what is missing");
  }
  const auto count = static_cast<long long>(at::getNumGPUs());
  if (*index >= count) {
    throw Error(ErrorKind::resource,
                fmt::format("device '{}' does not exist: there {} {} CUDA device{}", name, count == 1 ? "is" : "are", count,
                            count == 1 ? "" : "s"),
                "", "count from cuda:0; CUDA_VISIBLE_DEVICES may hide some");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(*index));
}

}  // namespace plexus
