#include <plexus/base/error.hpp>
