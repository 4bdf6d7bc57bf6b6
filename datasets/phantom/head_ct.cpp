#include <algorithm>
#include <cmath>

#include "phantom/kinds.hpp"
#include "phantom/variation.hpp"

namespace plexus::phantom {
namespace {

enum Truth { background = 0, ventricle = 1, midline = 2 };

// The inner table of the skull before the pose, an ellipsoid around the origin.
struct Skull {
  double half_width, half_length, half_height;
  // Part of the in-plane radius that is left at this height.
  double at(double z) const { return std::sqrt(std::max(1 - z * z / (half_height * half_height), 0.0)); }
};

// The midline is pushed sideways: a point (x, y, z) of the unshifted head goes to (x + u, y, z),
//   u = shift * along(y) * through(z) * cos^2(pi x / (2 R(y, z))), R the half width of the skull there,
// so that skull and falx ends stay, and the midline point at (0, level, height) moves by exactly `shift`.
struct Push {
  Skull skull;
  double shift, level, height;  // mm; shift > 0 moves towards +x

  double at_midline(double y, double z) const {
    const double reach = skull.half_length * skull.at(z) - std::abs(level);
    const double off = (y - level) / std::max(reach, 1.0);
    if (std::abs(off) >= 1) return 0;
    const double along = std::cos(off * std::numbers::pi / 2), up = (z - height) / 30;
    return shift * along * along * std::exp(-0.5 * up * up);
  }
  // Where the point that is now at x came from. The map is a contraction (its slope stays under 0.5 for 15 mm), so a
  // fixed-point iteration converges.
  double origin_of(double x, double y, double z) const {
    const double here = at_midline(y, z);
    if (here == 0) return x;
    const double scale = skull.at(z), part = y / (skull.half_length * std::max(scale, 0.1));
    const double half = skull.half_width * scale * std::sqrt(std::max(1 - part * part, 0.05));
    if (std::abs(x) >= half) return x;
    double from = x;
    for (int round = 0; round < 12; ++round) {
      const double window = std::abs(from) < half ? std::cos(from / half * std::numbers::pi / 2) : 0;
      from = x - here * window * window;
    }
    return from;
  }
};

// How the head lies in the scanner: turned in the plane, then moved.
struct Pose {
  double angle, x, y;
  Point place(const Point& head) const {
    return {std::cos(angle) * head.x - std::sin(angle) * head.y + x, std::sin(angle) * head.x + std::cos(angle) * head.y + y,
            head.z};
  }
  Point undo(const Point& scanner) const {
    const double dx = scanner.x - x, dy = scanner.y - y;
    return {std::cos(angle) * dx + std::sin(angle) * dy, std::cos(angle) * dy - std::sin(angle) * dx, scanner.z};
  }
};

// Hounsfield units.
struct Tissues {
  int skin, bone, fluid, cortex, white, ventricle, falx, blood, swelling, calcium;
};

Tissues tissues(Scene& scene, const Request& request, Rng rng) {
  const double t = request.texture;
  const auto make = [&](double mean, double spread, double fine, double coarse, int label) {
    return scene.material({mean + spread * rng.uniform(-1, 1), fine * t, coarse * t, label});
  };
  Tissues tissue{};
  tissue.skin = make(20, 15, 20, 20, background);
  tissue.bone = make(900, 100, 120, 120, background);
  const double fluid = 9 + 2 * rng.uniform(-1, 1);
  tissue.fluid = make(fluid, 0, 1.5, 2, background);
  tissue.cortex = make(37, 1.5, 2, 2, background);
  tissue.white = make(29, 1.5, 2, 2, background);
  tissue.ventricle = make(fluid, 0, 1.5, 1.5, ventricle);
  tissue.falx = make(50, 4, 3, 3, midline);
  tissue.blood = make(66, 6, 4, 5, background);
  tissue.swelling = make(20, 2, 2, 3, background);
  tissue.calcium = make(120, 40, 20, 0, Material::keep);
  return tissue;
}

void add_head(Scene& scene, const Tissues& tissue, const Skull& skull, Rng rng) {
  const Lobe inner({0, 0, 0}, {skull.half_width, skull.half_length, skull.half_height});
  const double thick = rng.uniform(5, 8), scalp = rng.uniform(4, 7);
  scene.add(std::make_unique<Lobe>(inner.grown(thick + scalp)), tissue.skin);
  scene.add(std::make_unique<Lobe>(inner.grown(thick)), tissue.bone);
  scene.add(std::make_unique<Lobe>(inner), tissue.fluid);
  Lobe brain = inner.grown(-rng.uniform(1, 3));
  brain.waves = uneven(rng, 8, 0.006);
  scene.add(std::make_unique<Lobe>(Lobe(brain.centre, brain.radii, 0, brain.waves)), tissue.cortex);
  const double rim = rng.uniform(9, 13);
  for (const double side : {-1.0, 1.0}) {  // the white matter of each half
    std::vector<Wave> folds = uneven(rng, 14, 0.1, 0.02);
    scene.add(
        std::make_unique<Lobe>(Point{side * (skull.half_width * 0.47), 2, 0},
                               Point{skull.half_width * 0.46 - rim / 3, skull.half_length - rim - 6, skull.half_height - rim},
                               0, std::move(folds)),
        tissue.white);
  }
  constexpr int sulci = 56;
  for (int i = 0; i < sulci; ++i) {  // folds: thin sheets of fluid that reach inwards from the surface
    const double angle = 2 * std::numbers::pi * (i + rng.uniform(0, 0.8)) / sulci, height = rng.uniform(-45, 45);
    const double inwards = skull.at(height) * rng.uniform(0.86, 0.95);
    const Point at{skull.half_width * inwards * std::cos(angle), skull.half_length * inwards * std::sin(angle), height};
    const Point radii{rng.uniform(8, 15), rng.uniform(0.9, 1.7), rng.uniform(10, 26)};
    scene.add_within(std::make_unique<Lobe>(at, radii, angle + rng.uniform(-0.5, 0.5), uneven(rng, 3, 0.1)), tissue.fluid,
                     {tissue.cortex, tissue.white});
  }
}

void add_midline(Scene& scene, const Tissues& tissue, const Skull& skull, Rng rng) {
  const double thin = rng.uniform(1.1, 1.5);
  const double front = -skull.half_length, back = skull.half_length;
  const double front_end = rng.uniform(-42, -36), back_start = rng.uniform(38, 46);
  const auto sheet = [&](double from, double to, double width) {
    return std::make_unique<Lobe>(Point{0, (from + to) / 2, 0}, Point{width, (to - from) / 2, all_heights});
  };
  const std::vector<int> brain{tissue.cortex, tissue.white, tissue.fluid};
  scene.add_within(sheet(front - 20, front_end, 2.4), tissue.fluid, {tissue.cortex, tissue.white});
  scene.add_within(sheet(back_start, back + 20, 2.4), tissue.fluid, {tissue.cortex, tissue.white});
  scene.add_within(sheet(front - 30, front_end + 6, thin), tissue.falx, brain);
  scene.add_within(sheet(back_start - 6, back + 30, thin), tissue.falx, brain);
  scene.add_within(sheet(front_end - 10, back_start + 10, thin), tissue.falx, brain);  // septum and the fissure between
  const double wide = rng.uniform(0.8, 1.35);
  for (const double side : {-1.0, 1.0}) {
    const double own = wide * rng.uniform(0.88, 1.12);
    scene.add(std::make_unique<Lobe>(Point{side * 8.5 * wide, -20, 5}, Point{5.5 * own, 17, 24}, -side * 0.32,
                                     uneven(rng, 4, 0.08, 0.02)),
              tissue.ventricle);
    scene.add(std::make_unique<Lobe>(Point{side * 8 * wide, 2, 10}, Point{4.5 * own, 16, 18}, 0, uneven(rng, 4, 0.06)),
              tissue.ventricle);
    scene.add(
        std::make_unique<Lobe>(Point{side * 16 * wide, 24, 2}, Point{6 * own, 17, 22}, side * 0.4, uneven(rng, 4, 0.08, 0.02)),
        tissue.ventricle);
  }
  scene.add(std::make_unique<Lobe>(Point{0, 6, -14}, Point{rng.uniform(2, 3.4), 13, 16}), tissue.ventricle);
}

// What pushes the midline, and what looks like it, or like a ventricle, and pushes nothing.
void add_lesions(Scene& scene, const Tissues& tissue, const Skull& skull, const Push& push, const Request& request, Rng rng) {
  const std::vector<int> brain{tissue.cortex, tissue.white, tissue.fluid};
  const double side = push.shift > 0 ? -1 : 1, size = std::abs(push.shift);
  if (size > 0) {
    if (rng.chance(0.5)) {  // a crescent below the skull
      scene.add_within(std::make_unique<Lobe>(Point{side * skull.half_width * 0.98, rng.uniform(-20, 20), push.height},
                                              Point{4 + 0.6 * size, rng.uniform(34, 48), 34}, 0, uneven(rng, 5, 0.06)),
                       tissue.blood, brain);
    } else {
      const Lobe clot({side * rng.uniform(28, 38), rng.uniform(-25, 25), push.height},
                      {7 + 0.9 * size, 6 + 0.9 * size * rng.uniform(0.8, 1.2), 10 + size}, rng.uniform(0, 3),
                      uneven(rng, 6, 0.12));
      scene.add_within(std::make_unique<Lobe>(clot.grown(rng.uniform(3, 6))), tissue.swelling, brain);
      scene.add_within(std::make_unique<Lobe>(clot), tissue.blood, brain);
    }
  }
  const double strength = request.look_alikes;
  for (int i = 0; i < count_of(strength, 4); ++i) {  // bleeds that push nothing, old infarcts and cysts
    const double angle = rng.uniform(0, 2 * std::numbers::pi), out = rng.uniform(0.5, 0.85), height = rng.uniform(-35, 35);
    const Point at{out * skull.half_width * std::cos(angle), out * skull.half_length * std::sin(angle), height};
    const Lobe spot(at, {rng.uniform(4, 11), rng.uniform(4, 11), rng.uniform(8, 20)}, rng.uniform(0, 3), uneven(rng, 6, 0.15));
    scene.add_within(std::make_unique<Lobe>(spot), i % 2 == 0 ? tissue.fluid : tissue.blood, {tissue.cortex, tissue.white});
  }
  for (const double where : {-1.0, 1.0})  // calcified choroid plexus
    if (strength > 0 && rng.chance(0.7))
      scene.add_within(std::make_unique<Lobe>(near(rng, {where * 16, 26, 2}, {2, 6, 6}), Point{2.2, 3, 6}), tissue.calcium,
                       {tissue.ventricle, tissue.white});
  if (strength > 0) scene.add(std::make_unique<Lobe>(near(rng, {0, 22, -14}, {0.5, 2, 4}), Point{2.5, 2.5, 5}), tissue.calcium);
}

// Beam hardening: what lies below thick bone reads a few units too high or low.
void add_shading(Scene& scene, const Skull& skull, const Request& request, Rng rng) {
  for (int i = 0; i < 8; ++i) {
    const double angle = rng.uniform(0, 2 * std::numbers::pi);
    const Point at{0.8 * skull.half_width * std::cos(angle), 0.8 * skull.half_length * std::sin(angle), rng.uniform(-40, 40)};
    scene.add(Glow{at, {25, 25, 25}, request.bias * rng.uniform(-5, 5)});
  }
}

}  // namespace

// Axial slices of a head, Hounsfield units. x and y of the picture are the patient's left and back.
Anatomy head_ct(const Request& request, const Rng& rng) {
  Rng body = rng.fork("head"), draw = rng.fork("shift");
  const Skull skull{around(body, 64, 0.05), around(body, 80, 0.05), around(body, 92, 0.04)};
  const Pose pose{body.uniform(-0.14, 0.14), body.uniform(-5, 5), body.uniform(-5, 5)};

  const bool shifted = draw.chance(0.65);
  const double direction = draw.chance(0.5) ? 1 : -1, size = draw.uniform(std::min(1.0, request.max_shift), request.max_shift);
  const Grid& grid = request.grid;
  const auto nearest = [&](double mm) {
    const double index = std::round(grid.index({0, 0, mm}).z);
    return static_cast<std::int64_t>(std::clamp(index, 0.0, static_cast<double>(grid.size[2] - 1)));
  };
  const std::int64_t slice = nearest(draw.uniform(-4, 16));
  const Push push{skull, shifted ? direction * size : 0, draw.uniform(-16, 4), grid.at(0, 0, static_cast<double>(slice)).z};

  Scene scene({-1000, 5, 0, background});
  const Tissues tissue = tissues(scene, request, rng.fork("tissues"));
  add_head(scene, tissue, skull, rng.fork("brain"));
  add_lesions(scene, tissue, skull, push, request, rng.fork("lesions"));
  add_midline(scene, tissue, skull, rng.fork("midline"));
  add_shading(scene, skull, request, rng.fork("shading"));
  scene.set_warp(
      [pose, push](const Point& point) {
        const Point head = pose.undo(point);
        return Point{push.origin_of(head.x, head.y, head.z), head.y, head.z};
      },
      // The turn moves points by at most angle times their distance from the middle.
      std::abs(push.shift) + 10 + 0.14 * 160);

  Look look;
  look.noise = 4.5 * request.noise;
  look.fine_length = 3;
  look.coarse_length = 14;
  look.low = -1024;
  look.high = 3071;
  Anatomy anatomy{std::move(scene), look, {}, {}};
  anatomy.values = {{"shift_mm", std::abs(push.shift)}, {"slice", static_cast<double>(slice)}};
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    const double z = grid.at(0, 0, static_cast<double>(k)).z, end = skull.half_length * skull.at(z);
    if (end <= std::abs(push.level)) continue;  // above or below the brain
    const std::array<Point, 4> points{
        {{0, -end, z}, {0, end, z}, {push.at_midline(push.level, z), push.level, z}, {0, push.level, z}}};
    Landmarks& marks = anatomy.landmarks[k];
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Point voxel = grid.index(pose.place(points[i]));
      marks[i] = {voxel.x, voxel.y};
    }
  }
  return anatomy;
}

}  // namespace plexus::phantom
