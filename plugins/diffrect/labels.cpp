#include "labels.hpp"

#include <array>
#include <string>

#include <torch/torch.h>
#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

using Colour = std::array<bool, 3>;

// Foreground colours: corners of the RGB cube, each class one of its own.
constexpr std::array<Colour, 7> kCorners{{{true, false, false},
                                          {false, true, false},
                                          {false, false, true},
                                          {true, true, false},
                                          {true, false, true},
                                          {false, true, true},
                                          {true, true, true}}};

Colour colour(std::int64_t label, std::int64_t classes) {
  if (classes == 2) return {true, true, true};
  return kCorners.at(static_cast<std::size_t>(label - 1));
}

}  // namespace

at::Tensor paint_labels(const at::Tensor& labels, std::int64_t classes, const at::TensorOptions& options) {
  if (classes < 2 || classes > 8) {
    throw Error(ErrorKind::configuration,
                "labels of " + std::to_string(classes) + " classes cannot be painted: 2 to 8 are known");
  }
  std::array<at::Tensor, 3> planes;
  for (std::int64_t label = 1; label < classes; ++label) {
    const auto mask = labels == label;
    const auto paint = colour(label, classes);
    for (std::size_t c = 0; c < 3; ++c) {
      if (paint[c]) planes[c] = planes[c].defined() ? planes[c].logical_or(mask) : mask;
    }
  }
  for (auto& plane : planes) {
    if (!plane.defined()) plane = at::zeros_like(labels, at::kBool);
  }
  return at::stack({planes[0], planes[1], planes[2]}, 1).to(options);
}

// As published, the spread is divided by the largest probability, which is at least 1 / K.
at::Tensor confident(const at::Tensor& probabilities, double threshold) {
  const at::NoGradGuard no_grad;
  const auto top = probabilities.amax(1);
  return (top - probabilities.amin(1)) / top > threshold;
}

at::Tensor pseudo_labels(const at::Tensor& probabilities, double threshold) {
  const at::NoGradGuard no_grad;
  return probabilities.argmax(1).masked_fill(confident(probabilities, threshold).logical_not(), 0);
}

}  // namespace plexus::diffrect
