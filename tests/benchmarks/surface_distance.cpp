// HD95 of a left-atrium label against a moved copy of itself: ours, and ITK's exact distance map (SignedMaurer) on the whole
// grid and in the box that ours works in. One thread each, processor time, the
// fastest of a few runs.
//   plexus-bench-surface_distance [FILE.h5]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <plexus/data/itk_compiler.hpp>

#include <itkImage.h>
#include <itkImageRegionConstIterator.h>
#include <itkImportImageFilter.h>
#include <itkMultiThreaderBase.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>
#include <torch/torch.h>

#include <plexus/data/h5.hpp>
#include <plexus/eval/surface.hpp>

#include "process_cost.hpp"

namespace {

using Mask = itk::Image<unsigned char, 3>;
using Distance = itk::Image<float, 3>;
constexpr int runs = 5;

std::filesystem::path some_label() {
  const char* given = std::getenv("PLEXUS_SHARED");
  const std::filesystem::path shared = given ? given : std::filesystem::path(PLEXUS_SOURCE_DIR) / ".." / "shared";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared / "data" / "la"))
    if (entry.path().extension() == ".h5") return entry.path();
  return {};
}

Mask::Pointer borrow(const at::Tensor& mask, const std::vector<double>& spacing) {
  const auto import = itk::ImportImageFilter<unsigned char, 3>::New();
  itk::ImportImageFilter<unsigned char, 3>::RegionType region;
  double steps[3];
  for (unsigned k = 0; k < 3; ++k) {
    region.SetSize(k, static_cast<itk::SizeValueType>(mask.size(2 - static_cast<std::int64_t>(k))));
    steps[k] = spacing[2 - k];
  }
  import->SetRegion(region);
  import->SetSpacing(steps);
  import->SetImportPointer(mask.mutable_data_ptr<std::uint8_t>(), static_cast<itk::SizeValueType>(mask.numel()), false);
  import->Update();
  return import->GetOutput();
}

std::vector<double> directed(const at::Tensor& from, const at::Tensor& to, const std::vector<double>& spacing) {
  const auto map = itk::SignedMaurerDistanceMapImageFilter<Mask, Distance>::New();
  map->SetInput(borrow(to, spacing));
  map->SquaredDistanceOff();
  map->UseImageSpacingOn();
  map->Update();
  const float* distances = map->GetOutput()->GetBufferPointer();
  const auto* wanted = from.const_data_ptr<std::uint8_t>();
  std::vector<double> found;
  for (std::int64_t i = 0; i < from.numel(); ++i)
    if (wanted[i]) found.push_back(std::abs(static_cast<double>(distances[i])));
  std::sort(found.begin(), found.end());
  return found;
}

double by_itk(const at::Tensor& prediction, const at::Tensor& truth, const std::vector<double>& spacing) {
  const auto a = plexus::border(prediction).to(at::kByte), b = plexus::border(truth).to(at::kByte);
  return plexus::hausdorff({directed(a, b, spacing), directed(b, a, spacing)}, 95);
}

at::Tensor boxed(const at::Tensor& mask, const at::Tensor& both) {
  auto part = mask;
  const auto found = both.nonzero();
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    const auto low = found.select(1, axis).min().item<std::int64_t>(), high = found.select(1, axis).max().item<std::int64_t>();
    part = part.narrow(axis, low, high - low + 1);
  }
  return part.contiguous();
}

template <class Work>
double fastest(Work&& work, double& result) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < runs; ++run) {
    const double start = plexus::bench::processor_seconds();
    result = work();
    best = std::min(best, plexus::bench::processor_seconds() - start);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const auto file = argc > 1 ? std::filesystem::path(argv[1]) : some_label();
  if (file.empty()) {
    std::fprintf(stderr, "no label volume: give an .h5 file, or set PLEXUS_SHARED\n");
    return 5;
  }
  at::set_num_threads(1);
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(1);
  const std::vector<double> spacing{0.625, 0.625, 1.25};  // another along the last axis: nothing is isotropic by chance
  const auto truth = plexus::read_h5(file, "label").ne(0).to(at::kByte).contiguous();
  const auto prediction = truth.roll({4, -3, 2}, {0, 1, 2}).contiguous();
  const auto both = prediction.logical_or(truth);
  const auto prediction_box = boxed(prediction, both), truth_box = boxed(truth, both);

  double ours = 0, whole = 0, box = 0;
  const double seconds =
      fastest([&] { return plexus::hausdorff(plexus::surface_distances(prediction, truth, spacing), 95); }, ours);
  const double itk_whole = fastest([&] { return by_itk(prediction, truth, spacing); }, whole);
  const double itk_box = fastest([&] { return by_itk(prediction_box, truth_box, spacing); }, box);
  std::printf("grid %lld x %lld x %lld, box %lld x %lld x %lld\n", static_cast<long long>(truth.size(0)),
              static_cast<long long>(truth.size(1)), static_cast<long long>(truth.size(2)),
              static_cast<long long>(truth_box.size(0)), static_cast<long long>(truth_box.size(1)),
              static_cast<long long>(truth_box.size(2)));
  std::printf("%-28s %8.1f ms  HD95 %.6f mm\n", "Plexus", 1e3 * seconds, ours);
  std::printf("%-28s %8.1f ms  HD95 %.6f mm\n", "ITK Maurer, whole grid", 1e3 * itk_whole, whole);
  std::printf("%-28s %8.1f ms  HD95 %.6f mm\n", "ITK Maurer, same box", 1e3 * itk_box, box);
  std::printf("ratio %.2f (whole grid), %.2f (same box)\n", itk_whole / seconds, itk_box / seconds);
  return std::abs(ours - whole) < 1e-4 && std::abs(ours - box) < 1e-4 ? 0 : 8;
}
