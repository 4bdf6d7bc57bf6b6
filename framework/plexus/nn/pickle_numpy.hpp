#pragma once
#include <string>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// A plain pickle (protocol 2) in which tensors are numpy arrays in C order, as pickle.dump writes them; read_pickle reads it.
// Texts, flags, numbers, lists, tuples, dictionaries and tensors of uint8, int16, int32, int64, float32 and float64; throws
// std::invalid_argument for others.
std::string write_pickle(const PickleValue& value);

}  // namespace plexus
