#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <plexus/nn/pickle.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

// The state dict of one network out of an authors' file: the first of the containers that is there is opened ("a.b" opens
// b within a), the file itself is taken where there is none of them; a prefix "module." that all names have is taken off;
// then the renames are made in turn on every name. A name that becomes empty is left out. Error(data) where no state dict
// is found or two names become one.
TensorMap original_state(const PickleValue& file, const Original& original);

// The authors' files for the networks: what original_state reads back. Networks of different containers share a file; one
// without a container is a file of its own. First: the name of the (first) network in it. Only renames of plain prefixes
// ("^old\\." to "new.") can be undone; Error(data) for others. Networks that no Original names are left out.
std::vector<std::pair<std::string, PickleValue>> original_files(const std::map<std::string, TensorMap>& networks,
                                                                const std::vector<Original>& originals);

}  // namespace plexus
