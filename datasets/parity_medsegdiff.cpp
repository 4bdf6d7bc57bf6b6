// Subjects of the parity cases on data of MedSegDiff.
#include <ATen/ATen.h>

#include "brats.hpp"
#include "isic.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

Outcome isic_item(const Case& of) {
  const auto picture = of.input("image").to(at::kByte).permute({2, 0, 1}).contiguous();
  const auto mask = (of.input("mask") * 255).to(at::kByte).repeat_interleave(6, 0).repeat_interleave(6, 1).unsqueeze(0);
  const auto item = datasets::picture_item(picture, mask, of.config.at("image_size").get<std::int64_t>());
  return {{{"image", item.image}, {"mask", item.mask}, {"binary", (item.mask > 0).to(at::kFloat)}}, {}, {}};
}

Outcome brats_item(const Case& of) {
  const auto modalities = at::stack({of.input("t1"), of.input("t1ce"), of.input("t2"), of.input("flair")});
  const auto item = datasets::brats_item(modalities, of.input("seg"), of.config.at("image_size").get<std::int64_t>(),
                                         of.config.at("crop8").get<bool>());
  return {{{"image", item.image}, {"label", item.label}, {"binary", (item.label > 0).to(at::kFloat)}}, {}, {}};
}

}  // namespace

void register_datasets_parity_medsegdiff(Subjects& subjects) {
  subjects.add("medsegdiff.isic_item", isic_item);
  subjects.add("medsegdiff.brats_item", brats_item);
}

}  // namespace plexus::parity
