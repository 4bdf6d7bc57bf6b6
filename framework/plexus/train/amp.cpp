#include <plexus/train/amp.hpp>

#include <ATen/autocast_mode.h>

#include <plexus/base/error.hpp>

namespace plexus {

Precision parse_precision(const std::string& name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  if (name == "fp16") return Precision::fp16;
  throw Error(ErrorKind::configuration, "no precision of this name", name, "take fp32, bf16 or fp16");
}

Autocast::Autocast(Precision precision, at::Device device) : active_(precision != Precision::fp32), device_(device.type()) {
  if (!active_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  was_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, precision == Precision::bf16 ? at::kBFloat16 : at::kHalf);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!active_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, was_type_);
}

NoAutocast::NoAutocast(at::Device device) : device_(device.type()), was_enabled_(at::autocast::is_autocast_enabled(device_)) {
  if (was_enabled_) at::autocast::set_autocast_enabled(device_, false);
}

NoAutocast::~NoAutocast() {
  if (was_enabled_) at::autocast::set_autocast_enabled(device_, true);
}

void drop_autocast_copies() { at::autocast::clear_cache(); }

void LossScaler::update(bool overflowed) {
  if (!active_) return;
  constexpr std::int64_t growth_interval = 2000;
  if (overflowed) {
    scale_ *= 0.5;
    good_steps_ = 0;
  } else if (++good_steps_ == growth_interval) {
    scale_ *= 2;
    good_steps_ = 0;
  }
}

}  // namespace plexus
