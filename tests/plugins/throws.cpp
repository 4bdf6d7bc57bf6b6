#include <stdexcept>

#include <plexus/sdk/plugin.hpp>

PLEXUS_PLUGIN("throws", "0.1.0", "Fails while it registers.") {
  (void)registry;
  throw std::runtime_error("the moon is not full");
}
