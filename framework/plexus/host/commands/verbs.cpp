#include <plexus/base/error.hpp>
#include <plexus/host/commands/commands.hpp>

namespace plexus {

extern "C" int plexus_run_verb(const std::string& verb, const std::vector<std::string>& args) {
#define PLEXUS_VERB(name, summary) \
  if (verb == #name) return name##_command(args);
#include <plexus/host/commands/verbs.inc>
#undef PLEXUS_VERB
  throw Error(ErrorKind::internal, "the verb '" + verb + "' is not in this build's host library");
}

}  // namespace plexus
