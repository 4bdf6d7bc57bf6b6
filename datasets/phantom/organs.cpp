#include <cmath>

#include "phantom/kinds.hpp"
#include "phantom/variation.hpp"

namespace plexus::phantom {
namespace {

enum Truth { background = 0, liver, spleen, right_kidney, left_kidney, aorta, gallbladder };

// Hounsfield units in the portal phase; many soft tissues overlap.
struct Tissues {
  int fat, muscle, bone, marrow, lung, gas, stomach, bowel, vein, liver, spleen, right_kidney, left_kidney, medulla, aorta,
      gallbladder;
};

Tissues tissues(Scene& scene, const Request& request, Rng rng) {
  const double t = request.texture;
  const auto make = [&](double mean, double spread, double fine, double coarse, int label) {
    return scene.material({mean + spread * rng.uniform(-1, 1), fine * t, coarse * t, label});
  };
  Tissues tissue{};
  tissue.fat = make(-95, 8, 8, 8, background);
  tissue.muscle = make(68, 8, 8, 8, background);
  tissue.bone = make(420, 60, 60, 60, background);
  tissue.marrow = make(190, 30, 40, 40, background);
  tissue.lung = make(-820, 30, 30, 30, background);
  tissue.gas = make(-950, 10, 5, 0, background);
  tissue.liver = make(112, 10, 8, 10, liver);
  tissue.spleen = make(122, 10, 8, 8, spleen);
  const double kidney = 165 + 15 * rng.uniform(-1, 1), vessel = 160 + 15 * rng.uniform(-1, 1);
  tissue.right_kidney = make(kidney, 0, 8, 8, right_kidney);
  tissue.left_kidney = make(kidney, 0, 8, 8, left_kidney);
  tissue.medulla = make(kidney - 40, 5, 8, 8, Material::keep);
  tissue.aorta = make(vessel, 5, 6, 5, aorta);
  tissue.vein = make(vessel - 5, 8, 6, 5, background);
  tissue.gallbladder = make(14, 4, 4, 4, gallbladder);
  tissue.stomach = make(115, 15, 8, 12, background);
  tissue.bowel = make(100, 15, 14, 20, background);
  return tissue;
}

std::unique_ptr<Lobe> lobe(Point centre, Point radii, double angle = 0, std::vector<Wave> waves = {}, double lean_x = 0,
                           double lean_y = 0) {
  return std::make_unique<Lobe>(centre, radii, angle, std::move(waves), lean_x, lean_y);
}

void add_wall(Scene& scene, const Tissues& tissue, Rng rng) {
  const Lobe body({0, 0, 0}, {around(rng, 158, 0.05), around(rng, 116, 0.05), all_heights}, 0, uneven(rng, 4, 0.015));
  const double fat = rng.uniform(9, 20), muscle = rng.uniform(11, 16);
  scene.add(std::make_unique<Lobe>(body), tissue.fat);
  scene.add(std::make_unique<Lobe>(body.grown(-fat)), tissue.muscle);
  const Lobe inside = body.grown(-fat - muscle);
  scene.add(std::make_unique<Lobe>(inside), tissue.fat);
  // Ribs run through the wall, obliquely to the slices.
  const double first = rng.uniform(0, 0.3);
  for (int rib = 0; rib < 14; ++rib) {
    const double angle = first + rib * 2 * std::numbers::pi / 14, r = fat + muscle * 0.55;
    scene.add_within(lobe({(body.radii.x - r) * std::cos(angle), (body.radii.y - r) * std::sin(angle), 20.0 + 10 * (rib % 3)},
                          {4, 10, 70}, angle, {}, 0.1, 0.1),
                     tissue.bone, {tissue.muscle});
  }
  // Spine with the muscles along it.
  const Point spine = near(rng, {0, 62, 0}, {3, 3, 0});
  for (const double side : {-1.0, 1.0}) {
    scene.add_within(lobe({side * 36, 76, 0}, {26, 19, all_heights}, side * 0.2, uneven(rng, 4, 0.05)), tissue.muscle,
                     {tissue.fat});
    scene.add_within(lobe({side * 34, 48, -40}, {15, 19, 100}, side * 0.3, uneven(rng, 4, 0.06)), tissue.muscle, {tissue.fat});
  }
  scene.add(lobe(spine, {21, 17, all_heights}, 0, uneven(rng, 5, 0.03)), tissue.bone);
  scene.add(lobe(spine, {17, 13, all_heights}), tissue.marrow);
  scene.add(lobe({spine.x, spine.y + 24, 0}, {9, 8, all_heights}), tissue.muscle);
  scene.add(lobe({spine.x, spine.y + 36, 0}, {5, 12, all_heights}), tissue.bone);
}

void add_bowel(Scene& scene, const Tissues& tissue, const Request& request, Rng rng) {
  const int loops = 10 + count_of(request.look_alikes, 26);
  for (int i = 0; i < loops; ++i) {
    const Point at = near(rng, {18, -28, -42}, {92, 46, 62});
    const double size = rng.uniform(10, 19);
    const Lobe loop(at, {size * rng.uniform(0.9, 2), size, size * 1.4}, rng.uniform(0, 3), uneven(rng, 5, 0.08));
    scene.add_within(std::make_unique<Lobe>(loop), i % 3 == 0 ? tissue.stomach : tissue.bowel, {tissue.fat, tissue.bowel});
    if (rng.chance(0.3))
      scene.add_within(lobe({at.x, at.y - size * 0.45, at.z}, {size * 0.6, size * 0.3, size}), tissue.gas, {tissue.bowel});
  }
  for (int i = 0; i < count_of(request.look_alikes, 14); ++i) {  // vessels of the mesentery, as bright as the aorta
    const Point at = near(rng, {10, -5, -20}, {70, 40, 70});
    const double radius = rng.uniform(3, 7);
    scene.add_within(lobe(at, {radius, radius, 30}, 0, {}, rng.uniform(-0.6, 0.6), rng.uniform(-0.4, 0.4)), tissue.vein,
                     {tissue.fat});
  }
}

void add_organs(Scene& scene, const Tissues& tissue, const Request& request, Rng rng) {
  const std::vector<int> inner{tissue.fat, tissue.bowel, tissue.stomach, tissue.gas, tissue.vein};
  const double size = rng.uniform(0.92, 1.08);
  // The lungs' lower ends above liver and spleen.
  for (const double side : {-1.0, 1.0})
    scene.add_within(lobe({side * 74, 22, 128}, {62, 62, 62}, 0, uneven(rng, 4, 0.04)), tissue.lung, inner);
  const Lobe stomach(near(rng, {52, -38, 34}, {8, 8, 8}), {around(rng, 44, 0.15), around(rng, 28, 0.15), around(rng, 46, 0.1)},
                     rng.uniform(-0.5, 0.2), uneven(rng, 4, 0.08));
  scene.add_within(std::make_unique<Lobe>(stomach), tissue.stomach, inner);
  scene.add_within(lobe({stomach.centre.x, stomach.centre.y - 14, stomach.centre.z}, {26, 9, 26}), tissue.gas,
                   {tissue.stomach});

  scene.add_within(lobe(near(rng, {92, 36, 46}, {5, 5, 8}), {24 * size, 34 * size, around(rng, 44, 0.12)},
                        rng.uniform(0.2, 0.6), uneven(rng, 5, 0.07, 0.01)),
                   tissue.spleen, {tissue.fat, tissue.bowel, tissue.stomach, tissue.gas, tissue.vein, tissue.lung});
  const Point liver_at = near(rng, {-72, -6, 34}, {5, 5, 8});
  const std::vector<int> for_liver{tissue.fat, tissue.bowel, tissue.stomach, tissue.gas, tissue.vein, tissue.lung};
  scene.add_within(
      lobe(liver_at, {56 * size, 62 * size, around(rng, 66, 0.08)}, rng.uniform(-0.2, 0.2), uneven(rng, 6, 0.06, 0.01)),
      tissue.liver, for_liver);
  scene.add_within(
      lobe({liver_at.x + 52, liver_at.y - 34, liver_at.z + 16}, {48 * size, 24 * size, 34}, 0.15, uneven(rng, 5, 0.07)),
      tissue.liver, for_liver);
  for (int i = 0; i < count_of(request.look_alikes, 7); ++i) {  // veins in the liver are liver still
    const Point at = near(rng, liver_at, {36, 40, 36});
    const int vein = tissue.medulla;
    scene.add_within(lobe(at, {rng.uniform(2.5, 5), rng.uniform(3, 12), 18}, rng.uniform(0, 3), {}, rng.uniform(-0.5, 0.5), 0),
                     vein, {tissue.liver});
  }
  for (const double side : {-1.0, 1.0}) {
    const Point at = near(rng, {side * 62, 48, -22}, {5, 5, 10});
    const Lobe kidney(at, {around(rng, 21, 0.1), around(rng, 27, 0.1), around(rng, 52, 0.08)}, side * rng.uniform(0.3, 0.7),
                      uneven(rng, 4, 0.05), side * 0.1, 0.05);
    std::vector<int> beneath = inner;
    beneath.insert(beneath.end(), {tissue.liver, tissue.spleen, tissue.muscle});
    scene.add_within(std::make_unique<Lobe>(kidney), side < 0 ? tissue.right_kidney : tissue.left_kidney, beneath);
    const int own = side < 0 ? tissue.right_kidney : tissue.left_kidney;
    scene.add_within(
        lobe({at.x - side * 5, at.y - 2, at.z}, {8, 13, 34}, kidney.angle, uneven(rng, 6, 0.15), kidney.lean_x, kidney.lean_y),
        tissue.medulla, {own});
    scene.add_within(lobe({at.x - side * 17, at.y - 5, at.z}, {10, 8, 22}, 0), tissue.fat, {own, tissue.medulla});
  }
  scene.add_within(
      lobe(near(rng, {-46, -24, -16}, {8, 8, 6}), {around(rng, 11, 0.2), around(rng, 15, 0.2), around(rng, 24, 0.15)},
           rng.uniform(-0.6, 0.6), uneven(rng, 4, 0.05)),
      tissue.gallbladder, {tissue.fat, tissue.bowel, tissue.stomach, tissue.gas, tissue.vein, tissue.liver, tissue.medulla});
  const double lean = rng.uniform(-0.06, 0.06);
  scene.add(lobe(near(rng, {9, 33, 0}, {3, 2, 0}), {around(rng, 10, 0.12), around(rng, 10, 0.12), 300}, 0, {}, lean, 0),
            tissue.aorta);
  scene.add(
      lobe(near(rng, {-19, 31, 0}, {3, 2, 0}), {around(rng, 13, 0.12), around(rng, 9, 0.12), 300}, 0, uneven(rng, 3, 0.04)),
      tissue.vein);
}

}  // namespace

// Axial slices of an abdomen, Hounsfield units. x and y of the picture are the patient's left and back.
Anatomy organs(const Request& request, const Rng& rng) {
  Scene scene({-1000, 5, 0, background});
  const Tissues tissue = tissues(scene, request, rng.fork("tissues"));
  add_wall(scene, tissue, rng.fork("wall"));
  add_bowel(scene, tissue, request, rng.fork("bowel"));
  add_organs(scene, tissue, request, rng.fork("organs"));
  Rng light = rng.fork("shading");
  for (int i = 0; i < 8; ++i) {
    const Point at = near(light, {0, 0, 0}, {130, 90, 80});
    scene.add(Glow{at, {60, 60, 60}, request.bias * light.uniform(-12, 12)});
  }
  Look look;
  look.noise = 16 * request.noise;
  look.fine_length = 5;
  look.coarse_length = 24;
  look.low = -1024;
  look.high = 3071;
  return {std::move(scene), look, {}, {}};
}

}  // namespace plexus::phantom
