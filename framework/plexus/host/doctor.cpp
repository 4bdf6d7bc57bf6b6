#include <plexus/host/doctor.hpp>

#include <dlfcn.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/ones.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <plexus/base/error.hpp>
#include <plexus/base/fault.hpp>
#include <plexus/base/file.hpp>
#include <plexus/host/device.hpp>
#include <plexus/host/machine.hpp>
#include <plexus/sdk/version.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

Finding program() {
  return {"Plexus", Verdict::ok,
          fmt::format("{}, interface {}.{}, {}, {}", PLEXUS_VERSION, PLEXUS_API_MAJOR, PLEXUS_API_MINOR, PLEXUS_COMPILER,
                      PLEXUS_BUILD_TYPE),
          std::string(PLEXUS_BUILD_TYPE) == "Debug" ? "a Debug build is slow; for real work use the release preset" : ""};
}

Finding torch_library() {
  Dl_info info{};
  dladdr(reinterpret_cast<void*>(&at::globalContext), &info);
  const std::string folder = info.dli_fname == nullptr ? "" : fs::path(info.dli_fname).parent_path().string();
  const at::Tensor sum = at::conv2d(at::ones({1, 1, 4, 4}), at::ones({1, 1, 3, 3}));
  if (sum.sum().item<double>() != 36)
    return {"LibTorch", Verdict::problem, fmt::format("{} in {} computes a convolution wrongly", TORCH_VERSION, folder),
            "reinstall it: rm -r .deps/libtorch; ./tools/setup"};
  const std::string found = fmt::format("{} in {}, CPU kernels {}, oneDNN {}", TORCH_VERSION, folder, at::get_cpu_capability(),
                                        at::hasMKLDNN() ? "yes" : "no");
  if (!at::hasMKLDNN())
    return {"LibTorch", Verdict::warning, found,
            "without oneDNN convolutions are several times slower; use the build that ./tools/setup fetches"};
  return {"LibTorch", Verdict::ok, found};
}

Finding threads() {
  const int cores = usable_cores(), wanted = default_compute_threads();
  const auto online = sysconf(_SC_NPROCESSORS_ONLN);
  std::string found =
      fmt::format("{} of {} cores usable; compute threads {}, data workers {}", cores, online, wanted, default_jobs());
  for (const char* name : {"PLEXUS_NUM_THREADS", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"})
    if (const auto text = variable(name); !text.empty()) found += fmt::format("; {}={}", name, text);
  if (wanted > cores)
    return {"threads", Verdict::warning, found,
            "more threads than cores slow each other down; lower the variable or give --compute-threads"};
  return {"threads", Verdict::ok, found};
}

Finding memory() {
  const std::uint64_t usable = usable_memory();
  const std::string found = fmt::format("{} usable (the least of machine, control group and limits)", human_bytes(usable));
  if (usable < 2 * kGiB)
    return {"memory", Verdict::problem, found, "training needs some GiB; raise the limit or use another machine"};
  if (usable < 4 * kGiB)
    return {"memory", Verdict::warning, found, "enough for small 2D work only; keep batches and caches small"};
  return {"memory", Verdict::ok, found};
}

Finding folder(const std::string& subject, const fs::path& path) {
  fs::path there = path;
  std::error_code ignored;
  while (!there.empty() && !fs::exists(there, ignored) && there != there.parent_path()) there = there.parent_path();
  if (access(there.c_str(), W_OK) != 0)
    return {subject, Verdict::warning, fmt::format("{} cannot be written", path.string()),
            "work in a folder of your own, or name another one"};
  const std::uint64_t bytes = free_bytes(path);
  const std::string found = fmt::format("{} free in {}", human_bytes(bytes), path.string());
  if (bytes < kGiB / 4) return {subject, Verdict::problem, found, "make room: checkpoints and predictions need it"};
  if (bytes < 5 * kGiB) return {subject, Verdict::warning, found, "a run of real volumes may need more"};
  return {subject, Verdict::ok, found};
}

Finding cache() {
  fs::path path = variable("PLEXUS_CACHE_DIR");
  if (path.empty() && !variable("XDG_CACHE_HOME").empty()) path = fs::path(variable("XDG_CACHE_HOME")) / "plexus";
  if (path.empty())
    path = fs::path(variable("HOME").empty() ? fs::temp_directory_path().string() : variable("HOME")) / ".cache/plexus";
  return folder("disk (cache)", path);
}

Finding gpu() {
  const std::string problem = cuda_problem();
  if (problem.empty()) return {"GPU", Verdict::ok, fmt::format("{} CUDA device(s) ready: --device cuda", at::getNumGPUs())};
  const bool card = fs::exists("/dev/nvidiactl") || fs::exists("/dev/nvidia0");
  if (!card) return {"GPU", Verdict::ok, "no NVIDIA card; computing on the CPU"};
  return {"GPU", Verdict::warning, fmt::format("an NVIDIA card is there but cannot be used: {}", problem),
          "install the CUDA libraries of LibTorch 2.11 beside it, or point -DPLEXUS_LIBTORCH at a LibTorch with CUDA; the CPU "
          "works meanwhile"};
}

Finding language() {
  const char* name = std::setlocale(LC_ALL, "");
  const std::string set = name == nullptr ? "" : name;
  std::setlocale(LC_ALL, "C");
  if (name == nullptr)
    return {"locale", Verdict::warning, "the locale that LANG or LC_ALL asks for is not installed",
            "numbers are safe; for other file names set LC_ALL=C.UTF-8"};
  return {"locale", Verdict::ok, fmt::format("{}; numbers are read and written the same in all", set)};
}

void examine_plugins(Plugins& plugins, std::vector<Finding>& all) {
  plugins.open_all();
  if (plugins.found().empty())
    all.push_back({"plugins", Verdict::problem, "none found",
                   "build them (./tools/demo does), or name their folder in PLEXUS_PLUGIN_PATH"});
  for (const auto& plugin : plugins.found()) {
    const std::string name = plugin.descriptor.name.empty() ? plugin.file.stem().string() : plugin.descriptor.name;
    if (!plugin.problem.empty())
      all.push_back({"plugin " + name, Verdict::problem, plugin.problem, fmt::format("the file is {}", plugin.file.string())});
    else if (!plugin.hidden_by.empty())
      all.push_back({"plugin " + name, Verdict::warning,
                     fmt::format("{} is hidden by {}", plugin.file.string(), plugin.hidden_by.string()),
                     "remove the one you do not want"});
    else
      all.push_back({"plugin " + name, Verdict::ok, fmt::format("{} in {}", plugin.descriptor.version, plugin.file.string())});
  }
}

}  // namespace

std::vector<Finding> examine(Plugins& plugins) {
  struct Check {
    const char* subject;
    std::function<Finding()> look;
  };
  const Check checks[] = {{"Plexus", program},
                          {"LibTorch", torch_library},
                          {"threads", threads},
                          {"memory", memory},
                          {"disk (here)", [] { return folder("disk (here)", fs::current_path()); }},
                          {"disk (temporary)", [] { return folder("disk (temporary)", fs::temp_directory_path()); }},
                          {"disk (cache)", cache},
                          {"GPU", gpu},
                          {"locale", language}};
  std::vector<Finding> all;
  for (const auto& [subject, look] : checks) {
    try {
      all.push_back(look());
    } catch (const Error& error) {
      all.push_back({subject, Verdict::problem,
                     error.where().empty() ? error.message() : error.where() + ": " + error.message(), error.hint()});
    } catch (const std::exception& error) {
      all.push_back({subject, Verdict::problem, first_line(error)});
    }
  }
  examine_plugins(plugins, all);
  return all;
}

}  // namespace plexus
