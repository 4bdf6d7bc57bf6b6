#include <cmath>

#include "phantom/kinds.hpp"
#include "phantom/variation.hpp"

namespace plexus::phantom {
namespace {

enum Truth { background = 0, vessel = 1 };

constexpr double field = 6;  // mm, radius of what the camera sees

struct Twig {
  Point at;
  double heading, radius, bend;  // bend: radians a millimetre
};

struct Tree {
  Scene& scene;
  int material;
  std::vector<int> over;
  Point macula;  // no vessel enters its middle
};

// Grows a branch by short straight pieces; the radii of a fork follow Murray's law, r^3 = r1^3 + r2^3.
void grow(Tree& tree, Twig twig, int generation, Rng rng) {
  constexpr double step = 0.22, finest = 0.055, free_zone = 0.8;
  for (int piece = 0; piece < 80 && twig.radius > finest; ++piece) {
    twig.bend = 0.9 * (twig.bend + rng.uniform(-0.22, 0.22));
    twig.heading += twig.bend * step;
    const Point next{twig.at.x + step * std::cos(twig.heading), twig.at.y + step * std::sin(twig.heading), 0};
    if (std::hypot(next.x, next.y) > 1.1 * field) return;
    if (std::hypot(next.x - tree.macula.x, next.y - tree.macula.y) < free_zone) return;
    const double thinner = twig.radius * 0.99;
    tree.scene.add_within(std::make_unique<Capsule>(twig.at, next, twig.radius, thinner), tree.material, tree.over);
    twig.at = next;
    twig.radius = thinner;
    if (generation < 4 && piece > 3 && rng.chance(generation == 0 ? 0.13 : 0.08)) {
      const double share = rng.uniform(0.15, 0.5), side = rng.chance(0.5) ? 1 : -1;
      grow(tree,
           {next, twig.heading + side * rng.uniform(0.5, 1.0), twig.radius * std::cbrt(share), -side * rng.uniform(0, 0.15)},
           generation + 1, rng.fork(static_cast<std::uint64_t>(piece)));
      twig.radius *= std::cbrt(1 - share);
      twig.heading -= side * rng.uniform(0.05, 0.25);
    }
  }
}

// Intensities of the two cameras on one anatomy.
struct Camera {
  double outside, ground, vessel, disc, spot, haze, texture;
};
constexpr Camera fundus{8, 150, 100, 205, 60, 22, 7};
constexpr Camera angiography{10, 78, 138, 110, 138, 40, 11};

}  // namespace

// One picture of the back of the eye, intensities as of 8 bits.
Anatomy vessels(const Request& request, const Rng& rng) {
  const bool bright = request.modality == "b";
  const Camera& camera = bright ? angiography : fundus;
  const double t = request.texture;
  Rng eye = rng.fork("eye"), around_eye = rng.fork("look-alikes"), light = rng.fork("light");

  Scene scene({camera.outside, 2, 2, background});
  const int ground = scene.material({around(eye, camera.ground, 0.08), camera.texture * t, camera.texture * t, background});
  const int disc = scene.material({camera.disc, 6 * t, 6 * t, background});
  const int blood = scene.material({around(eye, camera.vessel, 0.06), 5 * t, 6 * t, vessel});
  const int spot = scene.material({camera.vessel, 6 * t, 6 * t, background});
  const int deposit = scene.material({bright ? 45.0 : 205.0, 6 * t, 6 * t, background});

  const double side = eye.chance(0.5) ? 1 : -1;
  const Point head = near(eye, {side * 3.4, 0, 0}, {0.6, 0.8, 0});
  const Point macula{head.x - side * around(eye, 4.4, 0.08), head.y + eye.uniform(0, 0.8), 0};
  if (bright)
    scene.add(std::make_unique<Lobe>(Point{0, 0, 0}, Point{6.3, 6.3, all_heights}, 0,
                                     std::vector<Wave>{{4, 0.04, std::numbers::pi, 0}}),
              ground);
  else
    scene.add(std::make_unique<Lobe>(Point{0, 0, 0}, Point{field, field, all_heights}), ground);
  scene.add(
      std::make_unique<Lobe>(head, Point{around(eye, 0.8, 0.1), around(eye, 0.95, 0.1), all_heights}, 0, uneven(eye, 4, 0.03)),
      disc);

  // Bleeds, leaks and deposits lie below the vessels.
  for (int i = 0; i < count_of(request.look_alikes, 16); ++i) {
    const Point at = near(around_eye, {0, 0, 0}, {4.8, 4.8, 0});
    const double size = around_eye.uniform(0.12, 0.5);
    scene.add_within(std::make_unique<Lobe>(at, Point{size, size * around_eye.uniform(0.5, 1.5), all_heights},
                                            around_eye.uniform(0, 3), uneven(around_eye, 6, 0.2)),
                     i % 4 == 3 ? deposit : spot, {ground});
  }
  // Two strong pairs leave the disc up and down and bend around the macula, weaker ones go the other way.
  Tree tree{scene, blood, {ground, disc, spot, deposit}, macula};
  const double temporal = side > 0 ? std::numbers::pi : 0;
  for (int trunk = 0; trunk < 7; ++trunk) {
    const double down = trunk % 2 == 0 ? 1 : -1;
    const double turn = -side * down;  // towards +y on either side of the picture
    const bool strong = trunk < 4;
    const double away = strong ? eye.uniform(0.9, 1.4) + 0.35 * (trunk / 2) : eye.uniform(2, 3.1);
    const double radius = strong ? eye.uniform(0.14, 0.19) : eye.uniform(0.09, 0.13);
    const double bend = strong ? -turn * eye.uniform(0.1, 0.3) : 0;
    grow(tree, {head, temporal + turn * away, radius, bend}, 0, eye.fork(static_cast<std::uint64_t>(trunk)));
  }
  // Uneven light, haze of the layers behind, and the dark macula.
  for (int i = 0; i < 7; ++i) {
    const Point at = near(light, {0, 0, 0}, {6, 6, 0});
    const double amplitude = request.bias * camera.haze * light.uniform(-1.2, 1.6);
    scene.add(Glow{at, {light.uniform(1, 2.4), light.uniform(1, 2.4), 1}, amplitude});
  }
  scene.add(Glow{macula, {0.8, 0.8, 1}, bright ? -12.0 : -34.0});

  Look look;
  look.noise = (bright ? 9 : 6) * request.noise;
  look.bias = (bright ? 0.18 : 0.14) * request.bias;
  look.bias_length = 4;
  look.fine_length = 0.22;
  look.coarse_length = 0.9;
  look.low = 0;
  look.high = 255;
  return {std::move(scene), look, {}, {}};
}

}  // namespace plexus::phantom
