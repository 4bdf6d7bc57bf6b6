#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/random.hpp>

namespace plexus::phantom {

// Millimetres from the middle of the grid: x along a row, y down the columns, z through the slices.
struct Point {
  double x = 0, y = 0, z = 0;
};

struct Box {
  Point low, high;
};

class Shape {
 public:
  virtual ~Shape();
  virtual Box box() const = 0;  // encloses all points for which `contains` holds
  virtual bool contains(const Point& point) const = 0;
};

// One harmonic of an outline: `amplitude` cos(order * angle + phase + twist * z), as a part of the radius.
struct Wave {
  double order = 2, amplitude = 0, phase = 0, twist = 0;
};

// An ellipsoid whose cross-sections are star-shaped, with a straight leaning axis. rz = infinity makes a cylinder.
struct Lobe final : Shape {
  Lobe(Point centre, Point radii, double angle = 0, std::vector<Wave> waves = {}, double lean_x = 0, double lean_y = 0);
  Box box() const override;
  bool contains(const Point& point) const override;
  // The same outline with both in-plane radii changed by `mm` (and rz too, where it is finite).
  Lobe grown(double mm) const;

  Point centre, radii;
  double angle;  // radians, from +x to +y
  std::vector<Wave> waves;
  double lean_x, lean_y;  // mm sideways for each mm of z

 private:
  double cosine_, sine_, largest_;
};

// A piece of a tube: the points nearer to the segment a–b than the radius, which changes evenly from ra to rb.
struct Capsule final : Shape {
  Capsule(Point a, Point b, double ra, double rb);
  Box box() const override;
  bool contains(const Point& point) const override;

  Point a, b;
  double ra, rb;
};

struct Material {
  static constexpr int keep = -1;  // the truth beneath stays: a hair over a lesion
  double intensity = 0;
  double fine = 0, coarse = 0;  // standard deviations of the two textures
  int label = 0;
};

// A soft addition to the intensity, `amplitude` exp(-(d/r)^2 / 2): haze, shadow, vignette.
struct Glow {
  Point centre, radii;
  double amplitude = 0;
};

// Layers of shapes; later ones hide earlier ones.
class Scene {
 public:
  explicit Scene(Material background);
  int material(Material material);  // its number
  void add(std::unique_ptr<Shape> shape, int material);
  // Hides only layers of these materials.
  void add_within(std::unique_ptr<Shape> shape, int material, const std::vector<int>& only_over);
  void add(const Glow& glow) { glows_.push_back(glow); }
  // Where in the anatomy a point of the picture lies; `reach` bounds the distance between the two in mm.
  void set_warp(std::function<Point(const Point&)> to_anatomy, double reach);

  struct Layer {
    std::unique_ptr<Shape> shape;
    int material;
    std::uint64_t over;  // bit of each material that may be hidden
  };
  const std::vector<Material>& materials() const noexcept { return materials_; }
  const std::vector<Layer>& layers() const noexcept { return layers_; }
  const std::vector<Glow>& glows() const noexcept { return glows_; }
  Point to_anatomy(const Point& point) const { return warp_ ? warp_(point) : point; }
  double reach() const noexcept { return reach_; }

 private:
  std::vector<Material> materials_;
  std::vector<Layer> layers_;
  std::vector<Glow> glows_;
  std::function<Point(const Point&)> warp_;
  double reach_ = 0;
};

struct Grid {
  std::array<std::int64_t, 3> size{1, 1, 1};  // x, y, z
  std::array<double, 3> spacing{1, 1, 1};     // mm
  std::int64_t voxels() const { return size[0] * size[1] * size[2]; }
  // Middle of a voxel; the indices may be fractions.
  Point at(double i, double j, double k) const;
  // Voxel index of a point: the inverse.
  Point index(const Point& point) const;
};

// How the scene is imaged.
struct Look {
  double noise = 0;                            // standard deviation
  bool rician = false;                         // else Gaussian
  double bias = 0;                             // standard deviation of the logarithm of the multiplicative field
  double bias_length = 80;                     // mm between its random nodes
  double fine_length = 4, coarse_length = 16;  // mm, of the textures
  double low = -32768, high = 32767;           // intensities are cut to this range
};

// Axis order [z, y, x], x fastest.
struct Picture {
  Grid grid;
  std::vector<std::int16_t> image;
  std::vector<std::uint8_t> label;
};

// 3 x 3 samples a voxel and slice: an edge voxel's intensity is the mean of what it holds, its label the most frequent one.
Picture render(const Scene& scene, const Grid& grid, const Look& look, const Rng& rng);

}  // namespace plexus::phantom
