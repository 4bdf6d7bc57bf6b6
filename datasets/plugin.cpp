#include <plexus/sdk/plugin.hpp>

#include "phantom/phantom.hpp"

PLEXUS_PLUGIN("datasets", "0.1.0", "Data sets of the methods, and folders of one's own.") { plexus::register_phantom(registry); }
