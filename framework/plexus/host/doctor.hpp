#pragma once
#include <string>
#include <vector>

#include <plexus/host/plugins.hpp>

namespace plexus {

enum class Verdict { ok, warning, problem };

struct Finding {
  std::string subject;  // "LibTorch", "disk", "plugin diffrect", …
  Verdict verdict = Verdict::ok;
  std::string text;         // what was found
  std::string advice = "";  // what to do; "" where there is nothing
};

// Looks at what Plexus needs of machine and installation. `problem`: work will fail; `warning`: some of it may.
std::vector<Finding> examine(Plugins& plugins);

}  // namespace plexus
