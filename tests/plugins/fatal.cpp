// A plugin that ends badly: by objects that do so when they are made or used, and where the definitions of CMakeLists.txt say so,
// before it has registered any.
#include <cstdlib>
#include <stdexcept>

#include <plexus/sdk/plugin.hpp>

namespace {

enum class End { throwing, aborting, exiting, crashing };

void come_to(End end) {
  switch (end) {
    case End::throwing: throw std::runtime_error("no room for me");
    case End::aborting: std::abort();
    case End::exiting: std::exit(0);
    case End::crashing: *static_cast<volatile int*>(nullptr) = 1;
  }
}

struct None {
  void declare(plexus::Options&) {}
};

template <End made, End used> class Ending final : public plexus::Transform {
 public:
  using Settings = None;
  explicit Ending(Settings) {
    if (made != used) come_to(made);
  }
  void apply(plexus::Sample&, plexus::Rng&) const override { come_to(used); }
};

class Unwell final : public plexus::Preprocessor {
 public:
  using Settings = None;
  explicit Unwell(Settings) {}
  std::vector<plexus::Job> jobs(const std::string&, const std::string&) const override { throw std::out_of_range("not among the jobs"); }
  void run(const plexus::Job&, const std::string&, plexus::Rng&, plexus::Context&) const override {}
};

#ifdef TEST_STATIC
const int never = (come_to(End::aborting), 0);
#endif

}  // namespace

PLEXUS_PLUGIN(TEST_NAME, "0.1.0", "Ends badly.") {
#ifdef TEST_REGISTER
  come_to(End::exiting);
#endif
  registry.transforms.add<Ending<End::throwing, End::crashing>>("throws", "when it is made");
  registry.transforms.add<Ending<End::aborting, End::crashing>>("aborts", "when it is made");
  registry.transforms.add<Ending<End::exiting, End::crashing>>("exits", "when it is made");
  registry.transforms.add<Ending<End::crashing, End::crashing>>("crashes", "when it is used");
  registry.preprocessors.add<Unwell>("unwell", "does not know its jobs");
}
