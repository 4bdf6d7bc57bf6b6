#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus::datasets {

// The steps that write the layout of npy_layout.hpp. Lists are the published ones (share/splits), or dealt by a seed.

// ROOT/imagesTr/img<NNNN>.nii.gz and labelsTr/label<NNNN>.nii.gz.
class SynapseNpy final : public Preprocessor {
 public:
  struct Settings {
    std::string lists = "published";
    std::int64_t seed = 0;
    std::vector<std::int64_t> size{80, 160, 160};
    void declare(Options& options);
  };
  explicit SynapseNpy(Settings settings) : settings_(std::move(settings)) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

// ROOT/{CT,MR}/imagesTr/{ct,mr}_train_10NN_image.nii.gz and labelsTr/…_label.nii.gz, in any folders below the source.
class MmwhsNpy final : public Preprocessor {
 public:
  struct Settings {
    std::string lists = "published", preparation = "reference";
    std::int64_t seed = 0;
    std::vector<std::int64_t> size{144, 144, 144};
    void declare(Options& options);
  };
  explicit MmwhsNpy(Settings settings) : settings_(std::move(settings)) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

// <patient>/<patient>_sa.nii.gz and …_sa_gt.nii.gz in any folders below the source. The vendor comes from a folder's name
// (vendorA, VendorA), else from the information sheet: a CSV export with the columns "External code" and "Vendor".
class MnmsNpy final : public Preprocessor {
 public:
  struct Settings {
    std::string information, view = "volumes", preparation = "reference";
    std::int64_t seed = 0;
    bool previews = false;
    std::vector<std::string> ratios{"0.02", "0.05"};
    void declare(Options& options);
  };
  explicit MnmsNpy(Settings settings) : settings_(std::move(settings)) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

// The left-atrium folder of la.hpp, axes x, y, z as they are.
class LaNpy final : public Preprocessor {
 public:
  struct Settings {
    std::vector<std::string> ratios{"0.05", "0.1"};
    std::string missing = "error";
    void declare(Options& options);
  };
  explicit LaNpy(Settings settings) : settings_(std::move(settings)) {}
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::datasets
