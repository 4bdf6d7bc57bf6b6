#include <cmath>

#include "phantom/kinds.hpp"
#include "phantom/variation.hpp"

namespace plexus::phantom {
namespace {

enum Truth { background = 0, right_ventricle = 1, myocardium = 2, left_ventricle = 3 };

// Intensities as in a steady-state cine: blood and fat bright, muscle dark, lungs nearly black.
struct Tissues {
  int fat, muscle, lung, liver, wall, bone, blood, chamber_wall, rv, myo, lv, papillary;
};

Tissues tissues(Scene& scene, const Request& request, Rng rng) {
  const double t = request.texture;
  const double gain = rng.uniform(0.85, 1.15);
  const auto make = [&](double mean, double spread, double fine, double coarse, int label) {
    return scene.material({gain * around(rng, mean, spread), gain * fine * t, gain * coarse * t, label});
  };
  Tissues tissue{};
  tissue.fat = make(560, 0.1, 25, 40, background);
  tissue.muscle = make(230, 0.08, 20, 20, background);
  tissue.lung = make(70, 0.2, 18, 18, background);
  tissue.liver = make(340, 0.12, 25, 25, background);
  tissue.wall = make(240, 0.08, 15, 15, background);
  tissue.bone = make(400, 0.1, 40, 40, background);
  const double blood = around(rng, 540, 0.06);
  tissue.blood = make(blood, 0, 20, 30, background);
  tissue.rv = make(blood, 0.04, 22, 30, right_ventricle);
  tissue.lv = make(blood, 0.04, 22, 30, left_ventricle);
  const double muscle = around(rng, 235, 0.06);
  tissue.chamber_wall = make(muscle, 0, 15, 15, background);
  tissue.myo = make(muscle, 0, 18, 18, myocardium);
  tissue.papillary = make(muscle * 1.1, 0, 18, 18, Material::keep);
  return tissue;
}

void add_chest(Scene& scene, const Tissues& tissue, Rng rng) {
  const Lobe body(near(rng, {0, 30, 0}, {6, 6, 0}), {around(rng, 150, 0.06), around(rng, 108, 0.05), all_heights}, 0,
                  uneven(rng, 4, 0.02));
  const double fat = rng.uniform(8, 15), muscle = rng.uniform(7, 12);
  scene.add(std::make_unique<Lobe>(body), tissue.fat);
  scene.add(std::make_unique<Lobe>(body.grown(-fat)), tissue.muscle);
  scene.add(std::make_unique<Lobe>(body.grown(-fat - muscle)), tissue.lung);
  const double ribs = rng.uniform(0, 1);
  for (int rib = 0; rib < 7; ++rib) {
    const double angle = -2.5 + 0.32 * (rib + ribs);
    const double x = body.centre.x + (body.radii.x - fat - muscle / 2) * std::cos(angle);
    const double y = body.centre.y + (body.radii.y - fat - muscle / 2) * std::sin(angle);
    scene.add(std::make_unique<Lobe>(Point{x, y, 0}, Point{8, 3.5, all_heights}, angle + std::numbers::pi / 2), tissue.bone);
  }
  // Fat behind the breastbone reaches from the chest's wall to the heart.
  scene.add(std::make_unique<Lobe>(near(rng, {-6, -52, 0}, {6, 4, 0}), Point{rng.uniform(16, 24), 36, all_heights}, 0,
                                   uneven(rng, 4, 0.06)),
            tissue.fat);
  // Mediastinum, with the spine and the descending aorta behind the heart.
  scene.add(std::make_unique<Lobe>(near(rng, {-8, 45, 0}, {4, 4, 0}), Point{30, 55, all_heights}, 0, uneven(rng, 5, 0.08)),
            tissue.muscle);
  scene.add(std::make_unique<Lobe>(near(rng, {-10, 82, 0}, {4, 4, 0}), Point{19, 17, all_heights}, 0, uneven(rng, 4, 0.05)),
            tissue.bone);
  const Lobe aorta(near(rng, {20, 66, 0}, {6, 4, 0}), {around(rng, 11, 0.15), around(rng, 11, 0.15), all_heights});
  scene.add(std::make_unique<Lobe>(aorta.grown(2.5)), tissue.wall);
  scene.add(std::make_unique<Lobe>(aorta), tissue.blood);
}

void add_look_alikes(Scene& scene, const Tissues& tissue, const Request& request, Rng rng) {
  // Liver with bright vessels below the right ventricle.
  const Lobe liver(near(rng, {-62, 38, 25}, {8, 8, 10}), {around(rng, 50, 0.15), around(rng, 42, 0.15), around(rng, 65, 0.15)},
                   rng.uniform(-0.4, 0.4), uneven(rng, 5, 0.08, 0.01));
  scene.add_within(std::make_unique<Lobe>(liver), tissue.liver, {tissue.lung, tissue.muscle});
  for (int i = 0; i < count_of(request.look_alikes, 6); ++i) {
    const Point at = near(rng, liver.centre, {30, 26, 30});
    scene.add_within(std::make_unique<Lobe>(at, Point{around(rng, 5, 0.4), around(rng, 5, 0.4), 22}, rng.uniform(0, 3)),
                     tissue.blood, {tissue.liver});
  }
  // Hollow organs: a dark wall around bright contents, as a ventricle is.
  for (int i = 0; i < count_of(request.look_alikes, 2); ++i) {
    const Point at = near(rng, i % 2 == 0 ? Point{72, 48, 20} : Point{-70, -12, -10}, {7, 8, 10});
    const Lobe hollow(at, {around(rng, 19, 0.2), around(rng, 14, 0.2), around(rng, 45, 0.2)}, rng.uniform(0, 3),
                      uneven(rng, 4, 0.1));
    scene.add(std::make_unique<Lobe>(hollow.grown(rng.uniform(4, 7))), tissue.wall);
    scene.add(std::make_unique<Lobe>(hollow), tissue.blood);
  }
  // Vessels in the lungs.
  for (int i = 0; i < count_of(request.look_alikes, 10); ++i) {
    const Point at = near(rng, {0, 10, 0}, {85, 60, 40});
    const double radius = rng.uniform(2, 6);
    scene.add_within(std::make_unique<Lobe>(at, Point{radius, radius * rng.uniform(0.7, 1.5), 20}, rng.uniform(0, 3)),
                     tissue.blood, {tissue.lung});
  }
}

void add_heart(Scene& scene, const Tissues& tissue, Rng rng) {
  const double size = rng.uniform(0.9, 1.12);
  const Point centre = near(rng, {14, -4, 0}, {9, 9, 0});
  const double to_right = std::numbers::pi + rng.uniform(-0.35, 0.35);  // direction of the right ventricle
  const double lean_x = rng.uniform(-0.08, 0.12), lean_y = rng.uniform(-0.08, 0.08);
  const double cavity = size * rng.uniform(19, 25), wall = size * rng.uniform(8.5, 12);
  const double height = rng.uniform(66, 82), base = -22;  // the base lies at low z, the apex at high z
  const Point at{centre.x, centre.y, base};
  const double oval = rng.uniform(0.92, 1.08);
  const Lobe inner(at, {cavity * oval, cavity / oval, height - 9}, to_right, uneven(rng, 5, 0.03, 0.01), lean_x, lean_y);
  const Lobe outer(at, {(cavity + wall) * oval, (cavity + wall) / oval, height}, to_right, uneven(rng, 4, 0.025, 0.01), lean_x,
                   lean_y);
  const double offset = cavity + wall + size * rng.uniform(0, 6);
  const Point right_at{centre.x + offset * std::cos(to_right), centre.y + offset * std::sin(to_right), base};
  const Lobe right(right_at, {size * rng.uniform(24, 30), size * rng.uniform(33, 40), height * rng.uniform(0.85, 0.95)},
                   to_right, uneven(rng, 5, 0.06, 0.015), lean_x + 0.1, lean_y);
  const double fat = rng.uniform(2, 6);
  const Point pad{(centre.x + right_at.x) / 2, (centre.y + right_at.y) / 2, base};
  scene.add(std::make_unique<Lobe>(pad, Point{offset * 0.5 + cavity + wall + fat, cavity + wall + fat + 5, height + 12},
                                   to_right, uneven(rng, 5, 0.05, 0.01), lean_x, lean_y),
            tissue.fat);
  scene.add(std::make_unique<Lobe>(right.grown(3)), tissue.chamber_wall);
  scene.add(std::make_unique<Lobe>(right), tissue.rv);
  scene.add(std::make_unique<Lobe>(outer), tissue.myo);
  scene.add(std::make_unique<Lobe>(inner), tissue.lv);
  for (const double side : {-1.0, 1.0}) {
    const double angle = to_right + std::numbers::pi + side * rng.uniform(0.6, 1.1), reach = cavity * 0.62;
    scene.add_within(
        std::make_unique<Lobe>(Point{centre.x + reach * std::cos(angle), centre.y + reach * std::sin(angle), base + 20},
                               Point{rng.uniform(3, 5), rng.uniform(3, 5), 25}, 0, std::vector<Wave>{}, lean_x, lean_y),
        tissue.papillary, {tissue.lv});
  }
}

}  // namespace

// A stack of short-axis slices through the chest.
Anatomy cardiac(const Request& request, const Rng& rng) {
  Scene scene({15, 3, 3, background});
  const Tissues tissue = tissues(scene, request, rng.fork("tissues"));
  add_chest(scene, tissue, rng.fork("chest"));
  add_look_alikes(scene, tissue, request, rng.fork("look-alikes"));
  add_heart(scene, tissue, rng.fork("heart"));
  Look look;
  look.noise = 22 * request.noise;
  look.rician = true;
  look.bias = 0.14 * request.bias;
  look.bias_length = 90;
  look.fine_length = 5;
  look.coarse_length = 22;
  look.low = 0;
  return {std::move(scene), look, {}, {}};
}

}  // namespace plexus::phantom
