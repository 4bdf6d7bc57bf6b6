#pragma once
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace plexus::mls {

// Fields are [B, 2, H, W] in pixels: channel 0 along the rows (downwards), channel 1 along the columns.

// The spatial transformer (Jaderberg et al. 2015, as in VoxelMorph): out(p) = src(p + flow(p)), 0 outside. src [B, C, H, W];
// mode: "bilinear" or "nearest". With gradient to both.
at::Tensor warp(const at::Tensor& src, const at::Tensor& flow, const std::string& mode = "bilinear");

// exp(velocity) by scaling and squaring: v / 2^steps, then `steps` times v <- v + warp(v, v) (Dalca et al. 2018).
at::Tensor integrate(const at::Tensor& velocity, std::int64_t steps);

// sqrt(row^2 + column^2): [B, H, W]. The gradient is 0 where the displacement is. Lengths of a row and a column step other
// than 1 give millimetres.
at::Tensor magnitude(const at::Tensor& field, double row_step = 1, double column_step = 1);

// Determinant of the Jacobian of p + field(p), by central differences inside, one-sided at the border: [B, H, W]. At 0 or
// below, the field folds.
at::Tensor jacobian(const at::Tensor& field);

}  // namespace plexus::mls
