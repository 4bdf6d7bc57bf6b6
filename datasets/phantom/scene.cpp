#include "phantom/scene.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "phantom/noise_field.hpp"

namespace plexus::phantom {

Shape::~Shape() = default;

Lobe::Lobe(Point centre, Point radii, double angle, std::vector<Wave> waves, double lean_x, double lean_y)
    : centre(centre),
      radii(radii),
      angle(angle),
      waves(std::move(waves)),
      lean_x(lean_x),
      lean_y(lean_y),
      cosine_(std::cos(angle)),
      sine_(std::sin(angle)),
      largest_(1) {
  for (const Wave& wave : this->waves) largest_ += std::abs(wave.amplitude);
}

Box Lobe::box() const {
  const double reach = largest_ * std::max(radii.x, radii.y);
  if (std::isinf(radii.z)) {
    const double all = std::numeric_limits<double>::infinity();
    if (lean_x != 0 || lean_y != 0) return {{-all, -all, -all}, {all, all, all}};
    return {{centre.x - reach, centre.y - reach, -all}, {centre.x + reach, centre.y + reach, all}};
  }
  const double side_x = reach + std::abs(lean_x) * radii.z, side_y = reach + std::abs(lean_y) * radii.z;
  return {{centre.x - side_x, centre.y - side_y, centre.z - radii.z},
          {centre.x + side_x, centre.y + side_y, centre.z + radii.z}};
}

bool Lobe::contains(const Point& point) const {
  const double z = point.z - centre.z;
  double limit = 1;  // of the in-plane radius at this height
  if (!std::isinf(radii.z)) {
    const double up = z / radii.z;
    if (up * up >= 1) return false;
    limit = std::sqrt(1 - up * up);
  }
  const double dx = point.x - centre.x - lean_x * z, dy = point.y - centre.y - lean_y * z;
  const double u = (cosine_ * dx + sine_ * dy) / radii.x, v = (cosine_ * dy - sine_ * dx) / radii.y;
  const double radius = std::sqrt(u * u + v * v);
  if (radius >= limit * largest_) return false;
  if (waves.empty()) return radius < limit;
  const double direction = std::atan2(v, u);
  double outline = 1;
  for (const Wave& wave : waves) outline += wave.amplitude * std::cos(wave.order * direction + wave.phase + wave.twist * z);
  return radius < limit * outline;
}

Lobe Lobe::grown(double mm) const { return {centre, {radii.x + mm, radii.y + mm, radii.z + mm}, angle, waves, lean_x, lean_y}; }

Capsule::Capsule(Point a, Point b, double ra, double rb) : a(a), b(b), ra(ra), rb(rb) {}

Box Capsule::box() const {
  const double r = std::max(ra, rb);
  return {{std::min(a.x, b.x) - r, std::min(a.y, b.y) - r, std::min(a.z, b.z) - r},
          {std::max(a.x, b.x) + r, std::max(a.y, b.y) + r, std::max(a.z, b.z) + r}};
}

bool Capsule::contains(const Point& point) const {
  const Point along{b.x - a.x, b.y - a.y, b.z - a.z}, to{point.x - a.x, point.y - a.y, point.z - a.z};
  const double length = along.x * along.x + along.y * along.y + along.z * along.z;
  const double dot = along.x * to.x + along.y * to.y + along.z * to.z;
  const double part = length > 0 ? std::clamp(dot / length, 0.0, 1.0) : 0.0;
  const double dx = to.x - part * along.x, dy = to.y - part * along.y, dz = to.z - part * along.z;
  const double radius = ra + part * (rb - ra);
  return dx * dx + dy * dy + dz * dz < radius * radius;
}

Scene::Scene(Material background) : materials_{background} {}

int Scene::material(Material material) {
  if (materials_.size() == 64) throw std::logic_error("a scene holds at most 64 materials");
  materials_.push_back(material);
  return static_cast<int>(materials_.size()) - 1;
}

void Scene::add(std::unique_ptr<Shape> shape, int material) {
  layers_.push_back({std::move(shape), material, ~std::uint64_t{0}});
}

void Scene::add_within(std::unique_ptr<Shape> shape, int material, const std::vector<int>& only_over) {
  std::uint64_t over = 0;
  for (const int beneath : only_over) over |= std::uint64_t{1} << beneath;
  layers_.push_back({std::move(shape), material, over});
}

void Scene::set_warp(std::function<Point(const Point&)> to_anatomy, double reach) {
  warp_ = std::move(to_anatomy);
  reach_ = reach;
}

Point Grid::at(double i, double j, double k) const {
  return {(i - static_cast<double>(size[0] - 1) / 2) * spacing[0], (j - static_cast<double>(size[1] - 1) / 2) * spacing[1],
          (k - static_cast<double>(size[2] - 1) / 2) * spacing[2]};
}

Point Grid::index(const Point& point) const {
  return {point.x / spacing[0] + static_cast<double>(size[0] - 1) / 2,
          point.y / spacing[1] + static_cast<double>(size[1] - 1) / 2,
          point.z / spacing[2] + static_cast<double>(size[2] - 1) / 2};
}

namespace {

constexpr std::int64_t fineness = 3;  // samples along each side of a pixel

// The samples of one slice: which material is seen, and which truth.
struct Slice {
  std::int64_t width, height;  // in samples
  std::vector<Point> anatomy;
  std::vector<std::uint8_t> seen, truth;
};

Slice sample_slice(const Scene& scene, const Grid& grid, std::int64_t k) {
  Slice slice{grid.size[0] * fineness, grid.size[1] * fineness, {}, {}, {}};
  const auto samples = static_cast<std::size_t>(slice.width * slice.height);
  slice.seen.assign(samples, 0);
  slice.truth.assign(samples, static_cast<std::uint8_t>(std::max(scene.materials().front().label, 0)));
  slice.anatomy.reserve(samples);
  const auto position = [](std::int64_t sample) { return (static_cast<double>(sample) + 0.5) / fineness - 0.5; };
  for (std::int64_t j = 0; j < slice.height; ++j)
    for (std::int64_t i = 0; i < slice.width; ++i)
      slice.anatomy.push_back(scene.to_anatomy(grid.at(position(i), position(j), static_cast<double>(k))));
  return slice;
}

// The samples from the first to before the last along one axis that a box can touch.
std::pair<std::int64_t, std::int64_t> touched(double low, double high, double spacing, std::int64_t size) {
  const auto sample = [&](double mm) {
    const double voxel = mm / spacing + static_cast<double>(size - 1) / 2;
    return std::clamp((voxel + 0.5) * fineness, 0.0, static_cast<double>(size * fineness));
  };
  return {static_cast<std::int64_t>(std::floor(sample(low))), static_cast<std::int64_t>(std::ceil(sample(high)))};
}

void paint(Slice& slice, const Scene& scene, const Grid& grid, double z) {
  for (const Scene::Layer& layer : scene.layers()) {
    const Box box = layer.shape->box();
    const double reach = scene.reach();
    if (z < box.low.z - reach || z > box.high.z + reach) continue;
    const auto [left, right] = touched(box.low.x - reach, box.high.x + reach, grid.spacing[0], grid.size[0]);
    const auto [top, bottom] = touched(box.low.y - reach, box.high.y + reach, grid.spacing[1], grid.size[1]);
    const int label = scene.materials()[static_cast<std::size_t>(layer.material)].label;
    for (std::int64_t j = top; j < bottom; ++j)
      for (std::int64_t i = left; i < right; ++i) {
        const auto at = static_cast<std::size_t>(j * slice.width + i);
        if (!(layer.over >> slice.seen[at] & 1) || !layer.shape->contains(slice.anatomy[at])) continue;
        slice.seen[at] = static_cast<std::uint8_t>(layer.material);
        if (label != Material::keep) slice.truth[at] = static_cast<std::uint8_t>(label);
      }
  }
}

struct Pixel {
  double intensity = 0, fine = 0, coarse = 0;
  std::uint8_t label = 0;
};

Pixel gather(const Slice& slice, const Scene& scene, std::int64_t i, std::int64_t j) {
  Pixel pixel;
  std::array<int, 256> votes{};
  int most = 0;
  for (std::int64_t y = 0; y < fineness; ++y)
    for (std::int64_t x = 0; x < fineness; ++x) {
      const auto at = static_cast<std::size_t>((j * fineness + y) * slice.width + i * fineness + x);
      const Material& material = scene.materials()[slice.seen[at]];
      pixel.intensity += material.intensity;
      pixel.fine += material.fine;
      pixel.coarse += material.coarse;
      const int count = ++votes[slice.truth[at]];
      if (count > most) {
        most = count;
        pixel.label = slice.truth[at];
      }
    }
  constexpr double samples = fineness * fineness;
  pixel.intensity /= samples;
  pixel.fine /= samples;
  pixel.coarse /= samples;
  return pixel;
}

double glow_at(const Scene& scene, const Point& point) {
  double sum = 0;
  for (const Glow& glow : scene.glows()) {
    const double x = (point.x - glow.centre.x) / glow.radii.x, y = (point.y - glow.centre.y) / glow.radii.y,
                 z = (point.z - glow.centre.z) / glow.radii.z;
    sum += glow.amplitude * std::exp(-0.5 * (x * x + y * y + z * z));
  }
  return sum;
}

}  // namespace

Picture render(const Scene& scene, const Grid& grid, const Look& look, const Rng& rng) {
  Picture picture{grid, {}, {}};
  picture.image.reserve(static_cast<std::size_t>(grid.voxels()));
  picture.label.reserve(static_cast<std::size_t>(grid.voxels()));
  const NoiseField fine(grid, look.fine_length, rng.fork("fine texture"));
  const NoiseField coarse(grid, look.coarse_length, rng.fork("coarse texture"));
  const NoiseField bias(grid, look.bias_length, rng.fork("bias"));
  Rng noise = rng.fork("noise");
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    const double z = grid.at(0, 0, static_cast<double>(k)).z;
    Slice slice = sample_slice(scene, grid, k);
    paint(slice, scene, grid, z);
    for (std::int64_t j = 0; j < grid.size[1]; ++j)
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const Pixel pixel = gather(slice, scene, i, j);
        const Point point = grid.at(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        double value = pixel.intensity + glow_at(scene, point);
        if (pixel.fine != 0) value += pixel.fine * fine.at(point);
        if (pixel.coarse != 0) value += pixel.coarse * coarse.at(point);
        if (look.bias != 0) value *= std::exp(look.bias * bias.at(point));
        value += look.noise * noise.normal();
        if (look.rician) value = std::hypot(value, look.noise * noise.normal());
        picture.image.push_back(static_cast<std::int16_t>(std::lround(std::clamp(value, look.low, look.high))));
        picture.label.push_back(pixel.label);
      }
  }
  return picture;
}

}  // namespace plexus::phantom
