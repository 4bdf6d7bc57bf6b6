#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/data/layout.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/parts.hpp>

namespace plexus {

// What `plexus preprocess` does to every case, as its file says:
//   name: ct-soft-tissue
//   input: {layout: auto}
//   steps:
//     - reorient: {to: RAS}
//     - window: {low: -160, high: 240}
//   output: {image: "images/{id}.nii.gz", label: "labels/{id}.nii.gz", type: int16}
class Recipe {
 public:
  struct Input {
    std::string layout = "auto", suffix, label_suffix, derivative, description, series, on_shear = "error";
    std::string paired = "place", not_finite = "error";
    bool uneven = false;
    void declare(Options& options);
    BidsOptions bids() const;
    ReadOptions reading() const;
  };
  struct Output {
    std::string image = "images/{id}.nii.gz", label = "labels/{id}.nii.gz", one_hot = "one_hot/{id}.nii.gz", type = "steps";
    void declare(Options& options);
  };

  // Binds every key and step; throws all errors together, with their places.
  Recipe(const Node& tree, Plugins& plugins, const std::string& fallback_name);

  const std::string& name() const { return settings_.name; }
  std::uint64_t seed() const { return static_cast<std::uint64_t>(settings_.seed); }
  const Input& input() const { return input_; }
  const Output& output() const { return output_; }
  const TransformList& steps() const { return steps_; }
  const std::string& step_name(std::size_t index) const { return parts_[index].plugin; }
  // Every option with its value; `results_only` leaves out what changes no output (where the cases are looked for).
  Node resolved(bool results_only = false) const;
  // Digest of what outputs depend on besides the inputs: how they are read, the steps and the output, and the files of the plugins they are from.
  std::string fingerprint(const Plugins& plugins) const;

  // Largest count of voxels that a grid takes on its way through the steps, and at their end, as far as the options `spacing`,
  // `size` and `like` of the steps tell. `size` is D, H, W with `spacing` x, y, z.
  struct Voxels {
    double most, last;
  };
  Voxels voxels(const std::vector<std::int64_t>& size, const std::array<double, 3>& spacing) const;

 private:
  struct Settings {
    std::string name;
    std::int64_t seed = 0;
    Node input, output;
    std::vector<Node> steps;
    void declare(Options& options);
  };
  Settings settings_;
  Input input_;
  Output output_;
  Options input_options_, output_options_;
  std::vector<Part<TransformBuilder>> parts_;
  TransformList steps_;
};

}  // namespace plexus
