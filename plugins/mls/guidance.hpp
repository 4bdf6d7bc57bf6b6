#pragma once
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/process.hpp>
#include <plexus/nn/guided_unet.hpp>

#include "networks.hpp"

namespace plexus::mls {

struct GuidanceSettings {
  std::string counterpart_steps = "ddim50";
  std::int64_t counterpart_start = 15;
  bool counterpart_matched = false, clip_denoised = true;
  double weight_con = 3, weight_uncon = -2;
  void declare(Options& options);
};

// The two diffusion networks, `con` of slices without shift and `uncon` of all, and what they say of a slice [B, 1, H, W] in
// [-1, 1]. Without gradient.
class Guidance {
 public:
  // Throws Error(configuration) where the settings do not go together.
  Guidance(const NetworkSettings& network, const GuidanceSettings& settings);
  std::shared_ptr<GuidedUNet> con() const { return con_; }
  std::shared_ptr<GuidedUNet> uncon() const { return uncon_; }
  const diffusion::Process& process() const { return process_; }
  std::int64_t steps() const { return process_.steps(); }

  // The slice without its shift (section 2.2 of the paper): noised to step `counterpart_start` of the respaced process, then
  // led back by DDIM along weight_con con + weight_uncon uncon, both answers whole. As published, the first of these steps
  // takes the slice to be one step less noisy than it is; counterpart_matched: it does not. In [-1, 1]. noise: like slice.
  at::Tensor counterpart(const at::Tensor& slice, const at::Tensor& noise) const;
  // The slice as the counterpart begins.
  at::Tensor noisy(const at::Tensor& slice, const at::Tensor& noise) const;
  // con - uncon, the noise they see in the slice noised to t [B] or [1]: where the brain is not as one without shift.
  at::Tensor difference(const at::Tensor& slice, const at::Tensor& t, const at::Tensor& noise) const;

 private:
  GuidanceSettings settings_;
  diffusion::Process process_, counterpart_process_;
  std::shared_ptr<GuidedUNet> con_, uncon_;
};

}  // namespace plexus::mls
