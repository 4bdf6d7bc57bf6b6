#pragma once

namespace plexus {

// Sigmoid-shaped ramp-up exp(-5 (1 - p)^2), p = position / length held in [0, 1]; 1 where length is 0 (Laine and Aila,
// "Temporal Ensembling", 2017).
double sigmoid_ramp(double position, double length);

}  // namespace plexus
