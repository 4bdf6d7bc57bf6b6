#pragma once
#include <plexus/data/raster/raster.hpp>

namespace plexus::raster {

template <class T>
void flip_left_right(Raster<T> image);
template <class T>
void flip_up_down(Raster<T> image);

// Counter-clockwise rotation about the centre by nearest neighbour onto a canvas that holds the whole turned image, cropped
// back to the input's size; 0 outside. Sampling positions are 16.16 fixed point, as Pillow's `rotate(expand=True)`.
// Instances: std::uint8_t, float.
template <class T>
void rotate(Raster<T> image, double degrees);

}  // namespace plexus::raster
