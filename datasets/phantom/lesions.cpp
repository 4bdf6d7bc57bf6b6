#include <cmath>

#include "phantom/kinds.hpp"
#include "phantom/variation.hpp"

namespace plexus::phantom {
namespace {

enum Truth { background = 0, lesion = 1 };

// A hair: a bent thread across the picture.
void add_hair(Scene& scene, int material, Rng rng) {
  Point at = near(rng, {0, 0, 0}, {18, 18, 0});
  double heading = rng.uniform(0, 2 * std::numbers::pi);
  const double bend = rng.uniform(-0.08, 0.08), radius = rng.uniform(0.16, 0.32);
  const int pieces = static_cast<int>(rng.integer(8, 22));
  for (int i = 0; i < pieces; ++i) {
    heading += bend;
    const Point next{at.x + 1.2 * std::cos(heading), at.y + 1.2 * std::sin(heading), 0};
    scene.add(std::make_unique<Capsule>(at, next, radius, radius), material);
    at = next;
  }
}

}  // namespace

// A pigmented spot of skin under a dermatoscope, intensities as of 8 bits. The lesion is uneven inside and irregular at its
// border; pen marks, vignette and hairs share its darkness, but are smooth, outside, or thin.
Anatomy lesions(const Request& request, const Rng& rng) {
  const double t = request.texture;
  Rng draw = rng.fork("lesion"), others = rng.fork("look-alikes"), light = rng.fork("light");
  const double bare = around(draw, 172, 0.08), dark = bare * draw.uniform(0.52, 0.68);
  // The tube of the dermatoscope hides the rim of the picture.
  Scene scene({dark * draw.uniform(0.7, 1), 2 * t, 3 * t, background});
  const int skin = scene.material({bare, 4 * t, 7 * t, background});
  const int pigment = scene.material({dark, 13 * t, 16 * t, lesion});
  const int deep = scene.material({dark * 0.72, 10 * t, 10 * t, lesion});
  const int pale = scene.material({dark * 1.3, 10 * t, 10 * t, lesion});
  const int mark = scene.material({dark, 2 * t, 3 * t, background});
  const int hair = scene.material({dark * 0.7, 3 * t, 3 * t, Material::keep});

  const Point at = near(draw, {0, 0, 0}, {3.5, 3.5, 0});
  const double size = draw.uniform(4.2, 7.5);
  const Lobe outline(at, {size * draw.uniform(0.85, 1.2), size * draw.uniform(0.75, 1.05), all_heights}, draw.uniform(0, 3),
                     uneven(draw, 9, 0.1));
  const double view = request.look_alikes > 0 ? draw.uniform(13.9, 15) : 100;
  scene.add(std::make_unique<Lobe>(near(draw, {0, 0, 0}, {0.7, 0.7, 0}), Point{view, view, all_heights}), skin);
  // Pen marks: smooth discs and strokes with clear space to the lesion.
  for (int i = 0; i < count_of(request.look_alikes, 4); ++i) {
    const double angle = others.uniform(0, 2 * std::numbers::pi), distance = others.uniform(9.5, 15);
    const Point place{at.x + distance * std::cos(angle), at.y + distance * std::sin(angle), 0};
    const double radius = others.uniform(1.2, 2.6);
    if (i % 2 == 0) {
      scene.add_within(std::make_unique<Lobe>(place, Point{radius, radius, all_heights}), mark, {skin});
    } else {
      const double turn = angle + std::numbers::pi / 2, half = others.uniform(3, 7);
      scene.add_within(std::make_unique<Capsule>(Point{place.x - half * std::cos(turn), place.y - half * std::sin(turn), 0},
                                                 Point{place.x + half * std::cos(turn), place.y + half * std::sin(turn), 0},
                                                 radius / 2, radius / 2),
                       mark, {skin});
    }
  }
  scene.add(std::make_unique<Lobe>(outline), pigment);
  for (int i = 0; i < 5; ++i) {
    const Point inside = near(draw, at, {size * 0.7, size * 0.6, 0});
    const double radius = size * draw.uniform(0.12, 0.3);
    scene.add_within(std::make_unique<Lobe>(inside, Point{radius, radius * draw.uniform(0.6, 1.4), all_heights},
                                            draw.uniform(0, 3), uneven(draw, 6, 0.15)),
                     i % 2 == 0 ? deep : pale, {pigment, deep, pale});
  }
  for (int i = 0; i < count_of(request.look_alikes, 12); ++i) add_hair(scene, hair, others.fork(static_cast<std::uint64_t>(i)));
  for (int i = 0; i < 5; ++i) {
    const Point centre = near(light, {0, 0, 0}, {16, 16, 0});
    scene.add(Glow{centre, {light.uniform(4, 9), light.uniform(4, 9), 1}, request.bias * light.uniform(-34, 20)});
  }

  Look look;
  look.noise = 6 * request.noise;
  look.bias = 0.14 * request.bias;
  look.bias_length = 18;
  look.fine_length = 0.8;
  look.coarse_length = 3;
  look.low = 0;
  look.high = 255;
  return {std::move(scene), look, {}, {}};
}

}  // namespace plexus::phantom
