#include "phantom/kinds.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "support/otsu.hpp"

namespace plexus::phantom {
namespace {

Request request_for(const Kind& kind, std::array<std::int64_t, 3> size) {
  Request request;
  request.grid.size = size;
  for (std::size_t axis = 0; axis < 3; ++axis) request.grid.spacing[axis] = kind.extent[axis] / static_cast<double>(size[axis]);
  return request;
}

Picture picture_of(const Kind& kind, const Request& request, std::uint64_t seed) {
  const Anatomy anatomy = kind.build(request, Rng(seed));
  return render(anatomy.scene, request.grid, anatomy.look, Rng(seed).fork("picture"));
}

Picture small_picture(const Kind& kind, std::uint64_t seed, const std::string& modality = "a") {
  Request request = request_for(kind, {64, 64, std::min<std::int64_t>(kind.size[2], 12)});
  request.modality = modality;
  return picture_of(kind, request, seed);
}

double part(const Picture& picture, int label) {
  return static_cast<double>(std::count(picture.label.begin(), picture.label.end(), label)) /
         static_cast<double>(picture.label.size());
}

TEST(Kinds, AThresholdDoesNotSolveAnyOfThem) {
  for (const Kind& kind : kinds())
    for (const std::string modality : {"a", "b"}) {
      if (modality == "b" && kind.name != "vessels") continue;
      for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const Picture picture = small_picture(kind, seed, modality);
        EXPECT_LT(test::otsu_dice(picture.image, picture.label, picture.grid.size), 0.60)
            << kind.name << " " << modality << ", seed " << seed;
      }
    }
}

// Otsu over all Hounsfield units finds the skin of the head; it must fail within the brain's window too.
TEST(Kinds, AThresholdInTheWindowDoesNotSolveTheCtKinds) {
  for (const auto& [name, low, high] : {std::tuple("head_ct", 0, 80), std::tuple("organs", -150, 250)})
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      Picture picture = small_picture(*find_kind(name), seed);
      for (auto& value : picture.image) value = static_cast<std::int16_t>(std::clamp<int>(value, low, high));
      EXPECT_LT(test::otsu_dice(picture.image, picture.label, picture.grid.size), 0.60) << name << ", seed " << seed;
    }
}

TEST(Otsu, SolvesAPictureOfOneBrightBlob) {
  Scene scene({10, 0, 0, 0});
  scene.add(std::make_unique<Lobe>(Point{0, 0, 0}, Point{8, 6, 2}), scene.material({100, 0, 0, 1}));
  Look look;
  look.noise = 5;
  const Picture picture = render(scene, {{32, 32, 1}, {1, 1, 1}}, look, Rng(1));
  EXPECT_GT(test::otsu_dice(picture.image, picture.label, picture.grid.size), 0.95);
}

TEST(Kinds, EveryLabelOccursInEveryCaseAndNoOther) {
  for (const Kind& kind : kinds())
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Request request = request_for(kind, kind.size);
      const Picture picture = picture_of(kind, request, seed);
      const std::set<int> found(picture.label.begin(), picture.label.end());
      std::set<int> expected;
      for (std::size_t label = 0; label <= kind.labels.size(); ++label) expected.insert(static_cast<int>(label));
      EXPECT_EQ(found, expected) << kind.name << ", seed " << seed;
    }
}

TEST(Kinds, ACaseDependsOnItsStreamAlone) {
  for (const Kind& kind : kinds()) {
    const Picture first = small_picture(kind, 1), again = small_picture(kind, 1), other = small_picture(kind, 2);
    EXPECT_EQ(first.image, again.image) << kind.name;
    EXPECT_EQ(first.label, again.label) << kind.name;
    EXPECT_NE(first.label, other.label) << kind.name;
  }
}

TEST(Kinds, AppearanceDoesNotMoveTheAnatomy) {
  for (const Kind& kind : kinds()) {
    Request plain = request_for(kind, {48, 48, std::min<std::int64_t>(kind.size[2], 6)});
    const Picture usual = picture_of(kind, plain, 3);
    plain.noise = plain.bias = plain.texture = 0;
    const Picture bare = picture_of(kind, plain, 3);
    EXPECT_EQ(usual.label, bare.label) << kind.name;
    EXPECT_NE(usual.image, bare.image) << kind.name;
  }
}

TEST(Kinds, UnknownNameIsNone) { EXPECT_EQ(find_kind("spleen"), nullptr); }

TEST(Cardiac, TheHeartFillsATenthOfTheSlicesOrMore) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Picture picture = small_picture(*find_kind("cardiac"), seed);
    const double foreground = 1 - part(picture, 0);
    EXPECT_GT(foreground, 0.07);
    EXPECT_LT(foreground, 0.22);
    sum += foreground / 10;
  }
  EXPECT_GT(sum, 0.10);
}

TEST(Cardiac, TheMyocardiumSurroundsTheLeftVentricle) {
  const Picture picture = small_picture(*find_kind("cardiac"), 5);
  const auto& size = picture.grid.size;
  for (std::int64_t at = 0; at < picture.grid.voxels(); ++at) {
    if (picture.label[static_cast<std::size_t>(at)] != 3) continue;
    for (const std::int64_t step : {std::int64_t{-1}, std::int64_t{1}, -size[0], size[0]})
      EXPECT_GE(picture.label[static_cast<std::size_t>(at + step)], 2) << at;
  }
}

TEST(Organs, SizesDifferByMoreThanTen) {
  const Picture picture = small_picture(*find_kind("organs"), 1);
  double least = 1, largest = 0;
  for (int label = 1; label <= 6; ++label) {
    least = std::min(least, part(picture, label));
    largest = std::max(largest, part(picture, label));
  }
  EXPECT_GT(least, 0);
  EXPECT_GT(largest / least, 10);
}

TEST(Vessels, ModalitiesShowOneAnatomyWithOppositeContrast) {
  const Kind& kind = *find_kind("vessels");
  const Picture a = small_picture(kind, 4, "a"), b = small_picture(kind, 4, "b");
  const auto contrast = [](const Picture& picture) {  // vessels against what lies in the middle of the field
    double in = 0, out = 0, count_in = 0, count_out = 0;
    for (std::int64_t j = 16; j < 48; ++j)
      for (std::int64_t i = 16; i < 48; ++i) {
        const auto at = static_cast<std::size_t>(j * 64 + i);
        (picture.label[at] ? in : out) += picture.image[at];
        (picture.label[at] ? count_in : count_out) += 1;
      }
    return in / count_in - out / count_out;
  };
  EXPECT_LT(contrast(a), -15);
  EXPECT_GT(contrast(b), 15);
  std::size_t different = 0;
  for (std::size_t i = 0; i < a.label.size(); ++i) different += a.label[i] != b.label[i];
  EXPECT_LT(different, a.label.size() / 50);  // at the rim of the field only
}

double value(const Anatomy& anatomy, const std::string& name) {
  for (const auto& [key, number] : anatomy.values)
    if (key == name) return number;
  return std::nan("");
}

TEST(HeadCt, LandmarksLieAsFarApartAsTheShiftSays) {
  const Kind& kind = *find_kind("head_ct");
  const Request request = request_for(kind, kind.size);
  int shifted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Anatomy anatomy = kind.build(request, Rng(seed));
    const double shift = value(anatomy, "shift_mm");
    ASSERT_GE(shift, 0);
    ASSERT_LE(shift, 15);
    shifted += shift > 0;
    const auto at = static_cast<std::int64_t>(value(anatomy, "slice"));
    double largest = 0;
    for (const auto& [slice, marks] : anatomy.landmarks) {
      const double dx = (marks[2][0] - marks[3][0]) * request.grid.spacing[0];
      const double dy = (marks[2][1] - marks[3][1]) * request.grid.spacing[1];
      const double distance = std::hypot(dx, dy);
      largest = std::max(largest, distance);
      if (slice == at) {
        EXPECT_NEAR(distance, shift, 1e-9);
      }
    }
    EXPECT_NEAR(largest, shift, 1e-9);
  }
  EXPECT_GT(shifted, 15);
  EXPECT_LT(shifted, 35);
}

// The midline that was drawn, found again through its label, passes through the landmarks.
TEST(HeadCt, TheDrawnMidlineLiesWhereTheLandmarksSay) {
  const Kind& kind = *find_kind("head_ct");
  const Request request = request_for(kind, {192, 192, 5});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Anatomy anatomy = kind.build(request, Rng(seed));
    const Picture picture = render(anatomy.scene, request.grid, anatomy.look, Rng(seed));
    const auto k = static_cast<std::int64_t>(value(anatomy, "slice"));
    const Landmarks& marks = anatomy.landmarks.at(k);
    double nearest = 1e9;
    for (std::int64_t j = 0; j < 192; ++j)
      for (std::int64_t i = 0; i < 192; ++i)
        if (picture.label[static_cast<std::size_t>((k * 192 + j) * 192 + i)] != 0)
          nearest = std::min(nearest, std::hypot(static_cast<double>(i) - marks[2][0], static_cast<double>(j) - marks[2][1]));
    EXPECT_LT(nearest * request.grid.spacing[0], 1.2) << seed;
    if (value(anatomy, "shift_mm") < 6) continue;
    // Where the midline would be without shift there is none now.
    const auto row = static_cast<std::int64_t>(std::lround(marks[3][1])),
               column = static_cast<std::int64_t>(std::lround(marks[3][0]));
    EXPECT_NE(picture.label[static_cast<std::size_t>((k * 192 + row) * 192 + column)], 2) << seed;
  }
}

TEST(HeadCt, NoShiftIsLargerThanAskedFor) {
  const Kind& kind = *find_kind("head_ct");
  Request request = request_for(kind, {32, 32, 4});
  request.max_shift = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) EXPECT_EQ(value(kind.build(request, Rng(seed)), "shift_mm"), 0);
}

}  // namespace
}  // namespace plexus::phantom
