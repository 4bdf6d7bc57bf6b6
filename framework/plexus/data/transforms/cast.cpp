#include <limits>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Cast final : public Transform {
 public:
  struct Settings {
    std::string to = "float32";
    void declare(Options& options) {
      options.add("to", to, "type of images in the file that is written").one_of({"uint8", "int16", "int32", "float32"});
    }
  };
  explicit Cast(Settings settings) : to_(std::move(settings.to)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [this](const at::Tensor& image) {
      if (to_ == "uint8") return whole(image, at::kByte, 0, 255);
      if (to_ == "int16") return whole(image, at::kShort, -32768, 32767);
      // The largest float below 2^31.
      if (to_ == "int32") return whole(image, at::kInt, std::numeric_limits<std::int32_t>::min(), 2147483520.0);
      return image.to(at::kFloat);
    });
  }

 private:
  static at::Tensor whole(const at::Tensor& image, at::ScalarType type, double low, double high) {
    return image.to(at::kFloat).nan_to_num(0.0).round().clamp_(low, high).to(type);
  }

  std::string to_;
};

}  // namespace

void add_cast(Kind<Transform>& kind) {
  kind.add<Cast>("cast",
                 "changes the type of images, rounded and clipped to its range; list it last, before files are written");
}

}  // namespace plexus::transforms
