#include <plexus/data/itk_compiler.hpp>

#include <itkImage.h>
#include <itkSTAPLEImageFilter.h>

#include <cstring>
#include <limits>

#include <torch/torch.h>
#include <plexus/eval/ensemble.hpp>

namespace plexus {
namespace {

using Mask = itk::Image<std::uint8_t, 1>;
using Probability = itk::Image<float, 1>;

Mask::Pointer as_image(const at::Tensor& mask) {
  auto image = Mask::New();
  image->SetRegions(Mask::SizeType{{static_cast<itk::SizeValueType>(mask.numel())}});
  image->Allocate();
  std::memcpy(image->GetBufferPointer(), mask.data_ptr<std::uint8_t>(), static_cast<std::size_t>(mask.numel()));
  return image;
}

}  // namespace

// The order of pixels means nothing to STAPLE: masks of any shape are one row.
at::Tensor staple(const at::Tensor& masks, std::int64_t iterations) {
  const auto bytes = (masks != 0).to(at::kCPU, at::kByte).contiguous();
  const auto agreed = (bytes == bytes[0]).all(0);
  if (agreed.all().item<bool>()) return bytes[0].to(at::kFloat);
  auto filter = itk::STAPLEImageFilter<Mask, Probability>::New();
  for (std::int64_t i = 0; i < bytes.size(0); ++i)
    filter->SetInput(static_cast<unsigned>(i), as_image(bytes[i].contiguous()));
  filter->SetForegroundValue(1);
  filter->SetMaximumIterations(static_cast<unsigned>(iterations));
  filter->SetNumberOfWorkUnits(1);
  filter->Update();
  auto made = torch::empty(bytes[0].sizes(), at::kFloat);
  std::memcpy(made.data_ptr<float>(), filter->GetOutput()->GetBufferPointer(),
              static_cast<std::size_t>(made.numel()) * sizeof(float));
  // 0 / 0 in ITK's estimate where a mask is empty or full everywhere: what all say, else the share that says so.
  const auto share = bytes.to(at::kFloat).mean(0);
  return at::where(made.isfinite(), made, share);
}

}  // namespace plexus
