// plexus-bench-preprocess_parts FOLDER [FOLDER…]: where the time of preprocess.py's chain goes, on one thread: reading (of which
// inflating alone), each step, writing (of which deflating alone). Volumes as in preprocess.py: every .nii.gz of the folders that
// is 3D. Prints seconds and shares.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/gzip.hpp>
#include <plexus/data/nifti_file.hpp>
#include <plexus/data/volume.hpp>

#include "../support/temporary_folder.hpp"
#include "../support/transforms.hpp"

namespace {

using namespace plexus;

class Clock {
 public:
  void run(const std::string& what, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    if (!seconds_.count(what)) order_.push_back(what);
    seconds_[what] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  // Parts of other parts are indented and count once.
  void print() const {
    double all = 0;
    for (const auto& [what, seconds] : seconds_)
      if (what[0] != ' ') all += seconds;
    for (const auto& what : order_)
      std::printf("%-34s %7.2f s  %5.1f %%\n", what.c_str(), seconds_.at(what), 100 * seconds_.at(what) / all);
    std::printf("%-34s %7.2f s\n", "together", all);
  }

 private:
  std::map<std::string, double> seconds_;
  std::vector<std::string> order_;
};

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const c10::NoGradGuard no_grad;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i)
    for (const auto& file : volumes_in(argv[i]))
      if (file.string().ends_with(".nii.gz")) files.push_back(file);
  const std::vector<std::pair<std::string, std::unique_ptr<Transform>>> steps = [] {
    std::vector<std::pair<std::string, std::unique_ptr<Transform>>> made;
    made.emplace_back("reorient", test::made("reorient", {{"to", test::text("RAS")}}));
    made.emplace_back("resample", test::made("resample", {{"spacing", test::list({"1"})}}));
    made.emplace_back("clip_percentile", test::made("clip_percentile", {{"low", test::text("0.5")}, {"high", test::text("99.5")}}));
    made.emplace_back("zscore", test::made("zscore"));
    return made;
  }();
  test::TemporaryFolder folder;
  Clock clock;
  std::size_t done = 0;
  for (const auto& file : files) {
    try {
      std::vector<std::int64_t> shape;
      read_volume_geometry(file, shape);
      if (shape[0] > 1) continue;
    } catch (const Error&) {
      continue;
    }
    const std::string packed = read_file(file);  // in memory from here on
    Sample sample;
    clock.run("read", [&] {
      const auto volume = read_volume(file);
      sample.fields["image"] = volume.data.to(at::kFloat);
      sample.geometry = volume.geometry;
      sample.header = volume.header;
    });
    const auto header = read_nifti_header(file);
    const auto bytes_inside = static_cast<std::uint64_t>(header.vox_offset + sample.fields["image"].numel() * header.bitpix / 8);
    clock.run("  of which inflating", [&] { inflate_gzip(packed, bytes_inside, file.string()); });
    Rng rng;
    for (const auto& [name, step] : steps) clock.run(name, [&, &step = step] { step->apply(sample, rng); });
    const auto out = folder / "out.nii.gz";
    clock.run("write", [&] { write_image(out, sample.fields["image"][0], sample.geometry, sample.header.get()); });
    const auto& image = sample.fields["image"];
    const std::string_view bytes(static_cast<const char*>(image.const_data_ptr()), image.nbytes());
    clock.run("  of which deflating", [&] { deflate_gzip(bytes, 1); });
    ++done;
  }
  if (done == 0) {
    std::fputs("no 3D .nii.gz in the folders given\n", stderr);
    return 5;
  }
  std::printf("%zu volumes\n", done);
  clock.print();
  return 0;
}
