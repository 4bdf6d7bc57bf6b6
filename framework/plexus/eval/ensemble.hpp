#pragma once
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Several predictions of one structure [M, ...] in one map. Values are meant to lie in [0, 1].
//   mean:   their mean
//   vote:   share of members above `threshold`
//   staple: STAPLE of the members above `threshold` (staple())
//   squared-mean: the mean times itself, which published code calls STAPLE
at::Tensor fuse(const at::Tensor& members, const std::string& rule, double threshold = 0.5);
// The rules that fuse() takes.
const std::vector<std::string>& fusion_rules();

// Simultaneous truth and performance level estimation (Warfield, Zou and Wells 2004), by ITK: the probability that each
// element belongs to the structure, from masks [M, ...] weighted by the sensitivity and specificity estimated for each of
// them. [...] float32. Where all masks agree it is what they say.
at::Tensor staple(const at::Tensor& masks, std::int64_t iterations = 100);

// How much members [M, ...] in [0, 1] disagree, for each element: std or variance over the members (0 for one), or entropy
// -p ln p - (1 - p) ln(1 - p) of their mean, in nats.
at::Tensor disagreement(const at::Tensor& members, const std::string& measure);

}  // namespace plexus
