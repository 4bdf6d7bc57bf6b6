#include <plexus/train/context.hpp>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>

namespace plexus {
namespace {

template <class T, class Next>
void fill(T* values, std::int64_t count, Next&& next) {
  for (std::int64_t i = 0; i < count; ++i) values[i] = static_cast<T>(next());
}

// Long rows are drawn in blocks that have streams of their own, so that all of LibTorch's threads can take part.
constexpr std::int64_t kBlock = std::int64_t{1} << 16;
template <class Fill>
void fill_row(float* values, std::int64_t count, const Rng& rng, Fill&& fill_block) {
  if (count <= kBlock) return fill_block(values, count, rng);
  at::parallel_for(0, (count + kBlock - 1) / kBlock, 1, [&](std::int64_t from, std::int64_t to) {
    for (auto block = from; block < to; ++block)
      fill_block(values + block * kBlock, std::min(kBlock, count - block * kBlock),
                 rng.fork(static_cast<std::uint64_t>(block)));
  });
}

// Box-Muller, both values of a pair.
void fill_normal(float* values, std::int64_t count, Rng rng) {
  for (std::int64_t i = 0; i < count; i += 2) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform())), angle = 2 * std::numbers::pi * rng.uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < count) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

}  // namespace

HostContext::HostContext(Rng key, at::Device device) : key_(key), device_(device) {}
HostContext::~HostContext() = default;

at::Tensor HostContext::draw(std::string_view purpose, const std::vector<std::string>& ids, at::IntArrayRef shape,
                             Distribution distribution) {
  std::vector<std::int64_t> sizes{static_cast<std::int64_t>(ids.size())};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  const auto whole = distribution.kind == Distribution::Kind::integer;
  const auto values = at::empty(sizes, at::TensorOptions().dtype(whole ? at::kLong : at::kFloat));
  const auto row = ids.empty() ? 0 : values.numel() / sizes[0];
  const auto base = key_.fork(static_cast<std::uint64_t>(step_)).fork(purpose);
  auto seen = seen_;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto rng = base.fork(ids[i]).fork(static_cast<std::uint64_t>(seen[ids[i]]++));
    const auto begin = static_cast<std::int64_t>(i) * row;
    if (whole) {
      const auto low = static_cast<std::int64_t>(distribution.low), high = static_cast<std::int64_t>(distribution.high);
      fill(values.mutable_data_ptr<std::int64_t>() + begin, row, [&] { return rng.integer(low, high); });
    } else if (distribution.kind == Distribution::Kind::uniform) {
      const auto low = static_cast<float>(distribution.low), high = static_cast<float>(distribution.high);
      const auto below = std::nextafter(high, low);  // rounding to float32 must not reach the open end
      fill_row(values.mutable_data_ptr<float>() + begin, row, rng, [&](float* block, std::int64_t count, Rng own) {
        fill(block, count,
             [&] { return std::min(static_cast<float>(own.uniform(distribution.low, distribution.high)), below); });
      });
    } else {
      fill_row(values.mutable_data_ptr<float>() + begin, row, rng, fill_normal);
    }
  }
  return values.to(device_);
}

void HostContext::minimise(std::string_view optimizer, const at::Tensor& loss) {
  if (!minimise_) throw std::logic_error("minimise('" + std::string(optimizer) + "') was called outside training");
  minimise_(optimizer, loss);
}

bool HostContext::stop_requested() const noexcept { return plexus::stop_requested(); }

void HostContext::progress(double done, std::string_view what) {
  log::status(std::string(what) + " " + std::to_string(static_cast<int>(100 * done)) + " %");
}

void HostContext::picture(std::string_view name, const at::Tensor& image) {
  if (!take_picture_) return;
  const bool plane = image.dim() == 2 || (image.dim() == 3 && image.size(2) == 3);
  if (!plane || image.scalar_type() != at::kByte || !image.is_cpu() || image.numel() == 0)
    throw std::invalid_argument("picture('" + std::string(name) + "') takes uint8 [H, W] or [H, W, 3] on the CPU, not " +
                                c10::str(image.toString(), " ", image.sizes()));
  take_picture_(name, image);
}

Rng prediction_key(std::uint64_t seed) { return Rng(seed).fork("predict"); }

Rng training_key(std::uint64_t seed, const std::string& stage) { return Rng(seed).fork("train").fork(stage); }

void seed_torch(const Rng& key) { at::manual_seed(key.key()); }

}  // namespace plexus
