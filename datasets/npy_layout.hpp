#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/sdk/registry.hpp>

#include "case_set.hpp"
#include "ssl_volumes.hpp"

namespace plexus::datasets {

// GenericSSL's prepared folders:
//   ROOT/npy/<id>_image.npy, ROOT/npy/<id>_label.npy   [D, H, W] (or [H, W]), one size throughout
//   ROOT/split_txts/<list>.txt (or splits_txts)        one id a line
// Images are loaded to [0, 1] as published (loaded_range); ids are sorted. The files hold no geometry: distances are in voxels.
struct NpyLayoutSettings {
  std::string root, splits;
  void declare(Options& options);
  // The ids of a list, sorted; throws Error(data).
  std::vector<std::string> list(const std::string& name) const;
};

class NpyLayout : public CaseSet {
 protected:
  NpyLayout(const NpyLayoutSettings& settings, SslRange range, std::vector<Label> labels, int dimensions);
  // `slices`: one sample a plane, in training.
  void add(const std::string& subset, const std::vector<std::string>& ids, bool slices = false);
  // Throws Error(data) where a file is not there; `step` made them.
  void require_prepared(const std::string& step) const;
  Sample read_case(std::size_t index) const override;

 private:
  std::filesystem::path folder_;
  SslRange range_;
  std::int64_t axes_;
};

// The left atrium as GenericSSL keeps it in LA_data, axes x, y, z; `la` reads the H5 files themselves.
class LeftAtriumNpy final : public NpyLayout {
 public:
  struct Settings : NpyLayoutSettings {
    std::string ratio = "0.05";
    void declare(Options& options);
  };
  explicit LeftAtriumNpy(const Settings& settings);
};

// Synapse / BTCV: abdominal CT, 13 organs; 4 labelled and 16 unlabelled volumes of 80 x 160 x 160, 4 for validation, 6 for
// testing.
class Synapse final : public NpyLayout {
 public:
  struct Settings : NpyLayoutSettings {
    std::string ratio = "0.2", view = "volumes";
    void declare(Options& options);
  };
  explicit Synapse(const Settings& settings);
};

// MMWHS: whole hearts in CT and MR, 4 structures, 144 x 144 x 144; labels of one modality, results on the other.
class Mmwhs final : public NpyLayout {
 public:
  struct Settings : NpyLayoutSettings {
    std::string direction = "ct2mr", view = "volumes";
    void declare(Options& options);
  };
  explicit Mmwhs(const Settings& settings);
};

// M&Ms: cine MR of four vendors' scanners, A to D; one is the target, labels come from a part of the patients of the others.
// 32 x 144 x 144, or planes (view: slices). As published, validation looks at the target's test frames.
class Mnms final : public NpyLayout {
 public:
  struct Settings : NpyLayoutSettings {
    std::string target = "A", ratio = "0.02", view = "volumes";
    void declare(Options& options);
  };
  explicit Mnms(const Settings& settings);
};

}  // namespace plexus::datasets
