#pragma once
#include <string>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// A plain pickle (protocol 2) in which tensors are numpy arrays in C order, as pickle.dump writes them: data dictionaries, pair
// files and metadata of the methods' authors. Texts, numbers, lists, tuples, dictionaries and tensors of uint8, integers and
// floating types.
std::string numpy_pickle(const PickleValue& value);

}  // namespace plexus
