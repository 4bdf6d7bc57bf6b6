#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/sdk/context.hpp>

namespace plexus {

// The host's side of Context, for prediction and for training.
// Row i of a draw comes from a stream of its own, keyed by (key, step, purpose, ids[i], how often that id came before in the
// same call): values do not depend on the rest of the batch, its order, the thread or the device.
class HostContext : public Context {
 public:
  using Minimise = std::function<void(std::string_view optimizer, const at::Tensor& loss)>;
  using TakePicture = std::function<void(std::string_view name, const at::Tensor& image)>;

  // Prediction: `key` is Rng(seed).fork("predict"), so that a case's noise is the same in validation and in `predict`.
  HostContext(Rng key, at::Device device);
  ~HostContext() override;

  at::Device device() const override { return device_; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>& ids, at::IntArrayRef shape,
                  Distribution distribution = {}) override;
  void minimise(std::string_view optimizer, const at::Tensor& loss) override;  // throws std::logic_error in prediction
  bool stop_requested() const noexcept override;
  void progress(double done, std::string_view what) override;
  void picture(std::string_view name, const at::Tensor& image) override;

  // Training: the step that draws belong to, and who takes the losses and pictures.
  void set_step(std::int64_t step) { step_ = step; }
  void set_minimise(Minimise minimise) { minimise_ = std::move(minimise); }
  void set_picture(TakePicture take) { take_picture_ = std::move(take); }
  // How often each id came in parts of the same batch that were worked on before: counted on in `draw`.
  void set_seen(std::map<std::string, std::int64_t> seen) { seen_ = std::move(seen); }
  const Rng& key() const { return key_; }

 private:
  Rng key_;
  at::Device device_;
  std::int64_t step_ = 0;
  Minimise minimise_;
  TakePicture take_picture_;
  std::map<std::string, std::int64_t> seen_;
};

// Key of everything random in prediction with a seed.
Rng prediction_key(std::uint64_t seed);
// Key of a stage's training.
Rng training_key(std::uint64_t seed, const std::string& stage);
// Seeds LibTorch's default generators (dropout, initialisation) from a key.
void seed_torch(const Rng& key);

}  // namespace plexus
