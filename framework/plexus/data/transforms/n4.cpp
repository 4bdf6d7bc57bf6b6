#include <plexus/data/itk_compiler.hpp>

#include <itkBSplineControlPointImageFilter.h>
#include <itkImage.h>
#include <itkImportImageFilter.h>
#include <itkMultiThreaderBase.h>
#include <itkN4BiasFieldCorrectionImageFilter.h>
#include <itkShrinkImageFilter.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

using Scan = itk::Image<float, 3>;
using Inside = itk::Image<unsigned char, 3>;
using Correction = itk::N4BiasFieldCorrectionImageFilter<Scan, Inside, Scan>;

// The memory stays the caller's.
template <class Pixel>
typename itk::Image<Pixel, 3>::Pointer imported(Pixel* values, at::IntArrayRef size, const Geometry& geometry) {
  auto import = itk::ImportImageFilter<Pixel, 3>::New();
  typename itk::ImportImageFilter<Pixel, 3>::RegionType region;
  double spacing[3], origin[3] = {0, 0, 0};
  for (unsigned axis = 0; axis < 3; ++axis) {
    region.SetSize(axis, static_cast<itk::SizeValueType>(size[2 - axis]));
    spacing[axis] = geometry.spacing[axis];
  }
  // The field is smooth in the scan's own axes: where they lie in the patient does not matter.
  import->SetRegion(region);
  import->SetSpacing(spacing);
  import->SetOrigin(origin);
  import->SetImportPointer(values, region.GetNumberOfPixels(), false);
  import->Update();
  return import->GetOutput();
}

class N4 final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> iterations{50, 50, 50, 50};
    std::int64_t shrink = 4;
    double convergence = 1e-3, spline_distance = 0;
    std::string mask;
    void declare(Options& options) {
      options.add("iterations", iterations, "most iterations at each fitting level, from coarse to fine");
      options.add("shrink", shrink, "the field is found on every n-th voxel of each axis").range(1, 16).unit("voxels");
      options.add("convergence", convergence, "a level ends when the field changes by less").range(0);
      options.add("spline_distance", spline_distance, "of the coarsest control points; 0: one span across the volume")
          .range(0)
          .unit("mm");
      options.add("mask", mask,
                  "a label field (\"label\"): the field is found from its voxels other than 0; none: from voxels above 0");
      options.rule([this] {
        for (const auto one : iterations)
          if (one < 1 || one > 10000) return "iterations must be in [1, 10000]";
        return iterations.empty() || iterations.size() > 8 ? "iterations needs one to eight numbers" : "";
      });
    }
  };
  explicit N4(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    const auto size = grid(sample);
    if (size.size() != 3 || *std::min_element(size.begin(), size.end()) < 4)
      throw Error(ErrorKind::data, "is too flat for n4, which needs volumes of at least 4 voxels along each axis", sample.id);
    at::Tensor given;
    if (!settings_.mask.empty()) {
      const auto found = sample.fields.find(settings_.mask);
      if (found == sample.fields.end())
        throw Error(ErrorKind::data, "has no field '" + settings_.mask + "', the mask of n4", sample.id);
      given = found->second.ne(0).to(at::kByte).contiguous();
    }
    change_channels(sample, [&](at::Tensor& channel) {
      throw_if_stopped();
      at::Tensor inside = given.defined() ? given : channel.gt(0).to(at::kByte);
      if (!inside.any().item<bool>()) return;
      try {
        correct(channel, inside, sample.geometry);
      } catch (const itk::ExceptionObject& error) {
        throw Error(ErrorKind::data, std::string("n4 cannot correct it: ") + error.GetDescription(), sample.id);
      }
    });
  }

 private:
  void correct(at::Tensor& channel, at::Tensor& inside, const Geometry& geometry) const {
    // Cases run side by side already. The count is ITK's for the whole process.
    static std::once_flag counted;
    std::call_once(counted, [] { itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(1); });
    const auto scan = imported(channel.mutable_data_ptr<float>(), channel.sizes(), geometry);
    const auto mask = imported(inside.mutable_data_ptr<unsigned char>(), channel.sizes(), geometry);
    auto small_scan = itk::ShrinkImageFilter<Scan, Scan>::New();
    auto small_mask = itk::ShrinkImageFilter<Inside, Inside>::New();
    small_scan->SetInput(scan);
    small_mask->SetInput(mask);
    auto correction = Correction::New();
    Correction::ArrayType points;
    for (unsigned axis = 0; axis < 3; ++axis) {
      const auto length = channel.size(2 - static_cast<std::int64_t>(axis));
      // A short axis keeps at least four voxels.
      const auto factor = static_cast<unsigned>(std::clamp<std::int64_t>(length / 4, 1, settings_.shrink));
      small_scan->SetShrinkFactor(axis, factor);
      small_mask->SetShrinkFactor(axis, factor);
      const double extent = static_cast<double>(length) * geometry.spacing[axis];
      const double spans = settings_.spline_distance > 0 ? std::ceil(extent / settings_.spline_distance) : 1;
      points[axis] = static_cast<unsigned>(std::clamp(spans, 1.0, 64.0)) + correction->GetSplineOrder();
    }
    Correction::VariableSizeArrayType iterations(static_cast<unsigned>(settings_.iterations.size()));
    for (unsigned level = 0; level < iterations.Size(); ++level)
      iterations[level] = static_cast<unsigned>(settings_.iterations[level]);
    correction->SetInput(small_scan->GetOutput());
    correction->SetMaskImage(small_mask->GetOutput());
    correction->SetNumberOfControlPoints(points);
    correction->SetNumberOfFittingLevels(iterations.Size());
    correction->SetMaximumNumberOfIterations(iterations);
    correction->SetConvergenceThreshold(settings_.convergence);
    correction->Update();

    using Field =
        itk::BSplineControlPointImageFilter<Correction::BiasFieldControlPointLatticeType, Correction::ScalarImageType>;
    auto field = Field::New();
    field->SetInput(correction->GetLogBiasFieldControlPointLattice());
    field->SetSplineOrder(correction->GetSplineOrder());
    field->SetSize(scan->GetLargestPossibleRegion().GetSize());
    field->SetOrigin(scan->GetOrigin());
    field->SetDirection(scan->GetDirection());
    field->SetSpacing(scan->GetSpacing());
    field->Update();
    const auto* logarithm = field->GetOutput()->GetBufferPointer();
    auto* values = channel.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < channel.numel(); ++i) values[i] /= std::exp(logarithm[i][0]);
  }

  Settings settings_;
};

}  // namespace

void add_n4(Kind<Transform>& kind) {
  kind.add<N4>("n4", "corrects slow changes of intensity across MR volumes (N4: Tustison et al., IEEE TMI 29(6), 2010)");
}

}  // namespace plexus::transforms
