#pragma once
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phantom/scene.hpp"

namespace plexus::phantom {

// Strengths are factors on each kind's own level: 0 leaves a thing out, 1 is the level that it was tuned for.
struct Request {
  Grid grid;
  double noise = 1, bias = 1, texture = 1, look_alikes = 1;
  std::string modality = "a";  // vessels: "a" dark on a bright ground, "b" bright on a dark ground
  double max_shift = 15;       // mm, head_ct
};

// Anterior falx, posterior falx, shifted midline point, where it would lie without shift; each x, y in voxels.
using Landmarks = std::array<std::array<double, 2>, 4>;

// A case before it is drawn.
struct Anatomy {
  Scene scene;
  Look look;
  std::vector<std::pair<std::string, double>> values;
  std::map<std::int64_t, Landmarks> landmarks;  // by slice, from 0
};

struct Kind {
  std::string_view name;
  std::vector<std::string_view> labels;  // names of 1, 2, …
  std::array<std::int64_t, 3> size;      // voxels, where none is asked for
  std::array<double, 3> extent;          // mm that the anatomy is made for
  Anatomy (*build)(const Request& request, const Rng& rng);
};

Anatomy cardiac(const Request& request, const Rng& rng);
Anatomy head_ct(const Request& request, const Rng& rng);
Anatomy vessels(const Request& request, const Rng& rng);
Anatomy lesions(const Request& request, const Rng& rng);
Anatomy organs(const Request& request, const Rng& rng);

const std::vector<Kind>& kinds();
const Kind* find_kind(std::string_view name);

}  // namespace plexus::phantom
