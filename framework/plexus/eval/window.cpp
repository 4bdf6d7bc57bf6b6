#include <plexus/eval/window.hpp>

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/patch.hpp>

namespace plexus {
namespace {

using Sizes = std::vector<std::int64_t>;

// For each voxel of an axis, how many windows of that axis hold it.
at::Tensor coverage(std::int64_t size, std::int64_t patch, const Sizes& starts, const at::TensorOptions& options) {
  auto count = torch::zeros({size}, options);
  for (const auto start : starts) count.narrow(0, start, patch).add_(1);
  return count;
}

at::Tensor window_of(at::Tensor whole, const Sizes& start, const Sizes& patch) {
  for (std::size_t axis = 0; axis < patch.size(); ++axis)
    whole = whole.narrow(static_cast<std::int64_t>(axis) + 1, start[axis], patch[axis]);
  return whole;
}

at::Tensor padded(const at::Tensor& image, const Sizes& margin) {
  Sizes around;
  for (auto at = margin.rbegin(); at != margin.rend(); ++at) around.insert(around.end(), {*at, *at});
  return std::all_of(margin.begin(), margin.end(), [](auto m) { return m == 0; }) ? image
                                                                                  : at::constant_pad_nd(image, around, 0);
}

// Sums of scores over a stretch of planes, handed on and moved along the first axis.
class Sums {
 public:
  Sums(const Sizes& size, const WindowSettings& settings, const std::vector<Sizes>& starts, const WindowSink& sink)
      : size_(size), settings_(settings), starts_(starts), sink_(sink) {}

  void add(const Sizes& start, const at::Tensor& scores) {
    if (!sums_.defined()) begin(scores);
    if (start[0] > first_) hand_over(start[0]);
    auto at = start;
    at[0] -= first_;
    window_of(sums_, at, settings_.patch).add_(scores);
  }
  void finish() { hand_over(size_[0]); }

 private:
  void begin(const at::Tensor& scores) {
    Sizes shape{scores.size(0), settings_.patch[0]};
    shape.insert(shape.end(), size_.begin() + 1, size_.end());
    const auto options = scores.options();
    sums_ = torch::zeros(shape, options);
    along_ = coverage(size_[0], settings_.patch[0], starts_[0], options);
    across_ = torch::ones({1}, options);
    for (std::size_t axis = 1; axis < size_.size(); ++axis)
      across_ = across_.unsqueeze(-1) * coverage(size_[axis], settings_.patch[axis], starts_[axis], options);
  }

  // Planes before `next` are complete.
  void hand_over(std::int64_t next) {
    const auto planes = next - first_, kept = sums_.size(1) - planes;
    Sizes one_each(size_.size(), 1);
    one_each[0] = planes;
    sink_(first_, sums_.slice(1, 0, planes) / (along_.slice(0, first_, next).view(one_each) * across_));
    first_ = next;
    if (next == size_[0]) return;
    if (kept > 0) sums_.slice(1, 0, kept).copy_(sums_.slice(1, planes).clone());
    sums_.slice(1, kept).zero_();
  }

  const Sizes& size_;
  const WindowSettings& settings_;
  const std::vector<Sizes>& starts_;
  const WindowSink& sink_;
  std::int64_t first_ = 0;
  at::Tensor sums_, along_, across_;
};

// All windows, those of one start along the first axis together.
std::vector<Sizes> all_windows(const std::vector<Sizes>& starts) {
  std::vector<Sizes> windows{{}};
  for (const auto& of_axis : starts) {
    std::vector<Sizes> longer;
    for (const auto& window : windows)
      for (const auto start : of_axis) {
        longer.push_back(window);
        longer.back().push_back(start);
      }
    windows = std::move(longer);
  }
  return windows;
}

}  // namespace

std::string WindowSettings::problem() const {
  if (patch.size() != 2 && patch.size() != 3) return "a window has two or three sizes";
  if (stride.size() != patch.size()) return "windows need one stride for each of their sizes";
  for (std::size_t axis = 0; axis < patch.size(); ++axis) {
    if (patch[axis] < 1 || stride[axis] < 1) return "sizes and strides of windows are at least 1";
    if (stride[axis] > patch[axis])
      return "a stride of " + std::to_string(stride[axis]) + " leaves voxels between windows of " +
             std::to_string(patch[axis]) + " out";
  }
  return batch < 1 ? "at least one window goes through the network at a time" : "";
}

std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch, std::int64_t stride) {
  Sizes starts;
  for (std::int64_t start = 0;; start += stride) {
    starts.push_back(std::min(start, size - patch));
    if (start >= size - patch) return starts;
  }
}

std::vector<std::int64_t> window_margin(const std::vector<std::int64_t>& size, const WindowSettings& settings) {
  bool small = false;
  for (std::size_t axis = 0; axis < size.size(); ++axis)
    small = small || size[axis] < settings.patch[axis] || (settings.pad_equal && size[axis] == settings.patch[axis]);
  return small ? patch_room(size, settings.patch, 1).margin : Sizes(size.size(), 0);
}

void slide_window(const at::Tensor& image, const WindowSettings& settings, const Logits& logits, const WindowSink& sink) {
  if (const auto wrong = settings.problem(); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "sliding window");
  const auto axes = settings.patch.size();
  if (image.dim() != static_cast<std::int64_t>(axes) + 1)
    throw Error(
        ErrorKind::configuration,
        "windows of " + std::to_string(axes) + " sizes do not fit an image of " + std::to_string(image.dim() - 1) + " axes",
        "sliding window");
  const at::NoGradGuard no_grad;
  const auto whole = padded(image, window_margin(image.sizes().slice(1).vec(), settings));
  const auto size = whole.sizes().slice(1).vec();
  std::vector<Sizes> starts;
  for (std::size_t axis = 0; axis < axes; ++axis)
    starts.push_back(window_starts(size[axis], settings.patch[axis], settings.stride[axis]));
  const auto windows = all_windows(starts);
  Sums sums(size, settings, starts, sink);
  for (std::size_t from = 0; from < windows.size(); from += static_cast<std::size_t>(settings.batch)) {
    throw_if_stopped();
    const auto to = std::min(from + static_cast<std::size_t>(settings.batch), windows.size());
    std::vector<at::Tensor> patches;
    for (auto w = from; w < to; ++w) patches.push_back(window_of(whole, windows[w], settings.patch));
    const auto scores = at::softmax(logits(at::stack(patches)).to(at::kFloat), 1);
    for (auto w = from; w < to; ++w) sums.add(windows[w], scores[static_cast<std::int64_t>(w - from)]);
  }
  sums.finish();
}

at::Tensor window_labels(const at::Tensor& image, const WindowSettings& settings, const Logits& logits) {
  std::vector<at::Tensor> planes;
  slide_window(image, settings, logits, [&](std::int64_t, const at::Tensor& scores) { planes.push_back(scores.argmax(0)); });
  return at::cat(planes);
}

at::Tensor segment_by_windows(const at::Tensor& images, const WindowSettings& settings, const Logits& logits) {
  std::vector<at::Tensor> labels;
  for (const auto& image : images.unbind(0)) {
    auto label = window_labels(image, settings, logits);
    const auto margin = window_margin(image.sizes().slice(1).vec(), settings);
    for (std::size_t axis = 0; axis < margin.size(); ++axis)
      label = label.narrow(static_cast<std::int64_t>(axis), margin[axis], image.size(static_cast<std::int64_t>(axis) + 1));
    labels.push_back(label);
  }
  return at::stack(labels);
}

}  // namespace plexus
