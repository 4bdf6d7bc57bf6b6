#include <plexus/diffusion/sampler.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/process.hpp>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/sdk/denoising.hpp>
#include <plexus/train/context.hpp>

namespace plexus::diffusion {
namespace {

// Believes that x0 is the batch's image, with some doubt that follows x.
class Fake final : public Denoising {
 public:
  struct Seen final : Condition {
    at::Tensor image;
  };
  const Process& process() const override { return process_; }
  std::vector<std::int64_t> sample_shape(const Batch&) const override { return {1, 2, 3}; }
  std::unique_ptr<Condition> prepare(const Batch& batch) override {
    ++prepared;
    auto seen = std::make_unique<Seen>();
    seen->image = batch["image"];
    return seen;
  }
  at::Tensor denoise(const at::Tensor& x, const at::Tensor&, const Condition& condition) override {
    ++calls;
    const auto& image = static_cast<const Seen&>(condition).image;
    const auto members = x.size(0) / image.size(0);
    return image.repeat({members, 1, 1, 1}) + 0.1 * x.tanh();
  }
  int prepared = 0, calls = 0;

 private:
  Process process_{linear_betas(100), Predicts::start};
};

Batch batch_of(const std::vector<std::string>& ids) {
  Batch batch;
  std::vector<at::Tensor> images;
  for (const auto& id : ids) {
    batch.of.push_back({.id = id, .case_id = id});
    images.push_back(torch::full({1, 2, 3}, id == "a" ? 0.25 : -0.5));
  }
  batch.fields["image"] = at::stack(images);
  return batch;
}

HostContext host() { return {Rng(7), at::kCPU}; }

TEST(Sampler, EverySamplerMakesMembersOfEachRow) {
  for (const auto* name : {"ddpm", "ddim", "dpm-solver", "dpm-solver++"}) {
    Fake method;
    auto context = host();
    const auto made = sample(method, batch_of({"a", "b"}), {.sampler = name, .sampling_steps = 20, .members = 3}, context);
    ASSERT_EQ(made.sizes(), at::IntArrayRef({3, 2, 1, 2, 3})) << name;
    EXPECT_EQ(method.prepared, 1);
    EXPECT_EQ(method.calls, std::string(name).rfind("dpm", 0) == 0 ? 21 : 20) << name;
    EXPECT_NEAR(made.select(1, 0).mean().item<double>(), 0.25, 0.12) << name;
    EXPECT_NEAR(made.select(1, 1).mean().item<double>(), -0.5, 0.12) << name;
  }
}

TEST(Sampler, SamplesDoNotDependOnTheirCompany) {
  for (const auto* name : {"ddpm", "ddim", "dpm-solver++"}) {
    Fake method;
    auto context = host();
    const SamplerSettings all{.sampler = name, .sampling_steps = 10, .eta = 0.5, .members = 4};
    const auto whole = sample(method, batch_of({"a", "b"}), all, context);
    auto in_groups = all;
    in_groups.member_batch = 3;
    EXPECT_TRUE(at::allclose(sample(method, batch_of({"a", "b"}), in_groups, context), whole, 1e-6, 1e-7)) << name;
    auto fewer = all;
    fewer.members = 2;
    EXPECT_TRUE(at::allclose(sample(method, batch_of({"b"}), fewer, context).select(1, 0),
                             whole.select(1, 1).narrow(0, 0, 2), 1e-6, 1e-7)) << name;
    EXPECT_FALSE(at::allclose(whole[0], whole[1], 1e-3, 1e-4)) << name;
  }
}

TEST(Sampler, SaysWhatIsWrong) {
  EXPECT_NE((SamplerSettings{.sampling_steps = 101}.problem(100)), "");
  EXPECT_NE((SamplerSettings{.timestep_respacing = "ddim7x"}.problem(100)), "");
  EXPECT_NE((SamplerSettings{.sampler = "dpm-solver", .sampling_steps = 1}.problem(100)), "");
  EXPECT_EQ((SamplerSettings{.timestep_respacing = "10,15,20"}.problem(300)), "");
  EXPECT_EQ((SamplerSettings{.sampling_steps = 0}.problem(100)), "");
}

}  // namespace
}  // namespace plexus::diffusion
