// A plugin that works, with one object of two kinds and options of every sort.
#include <stdexcept>

#include <plexus/sdk/plugin.hpp>

namespace {

class Scale final : public plexus::Transform {
 public:
  struct Settings {
    double factor = 2;
    std::int64_t times = 1;
    bool on = true;
    std::string mode = "image";
    std::vector<double> offsets = {0.5, 1};
    std::string table;
    void declare(plexus::Options& options) {
      options.add("factor", factor, "multiplies intensities").range(0, 10).alias("scale");
      options.add("times", times, "how often").range(1).unit("times");
      options.add("on", on, "does anything at all").no_effect();
      options.add("mode", mode, "what is scaled").one_of({"image", "label"});
      options.add("offsets", offsets, "added | afterwards");
      options.add("table", table, "a file of factors").path();
      options.preset("strong", "more of it", {{"factor", "5"}, {"times", "3"}});
    }
  };
  explicit Scale(Settings settings) : settings_(std::move(settings)) {}
  void apply(plexus::Sample& sample, plexus::Rng&) const override { sample.fields.at("image").mul_(settings_.factor); }

 private:
  Settings settings_;
};

class Empty final : public plexus::Dataset {
 public:
  struct Settings {
    std::string root;
    void declare(plexus::Options& options) { options.add("root", root, "folder of the data").required().path(); }
  };
  explicit Empty(Settings) {}
  plexus::DataInfo info() const override { return {}; }
  std::vector<std::string> subsets() const override { return {}; }
  std::vector<std::size_t> subset(const std::string& name) const override { throw std::out_of_range(name); }
  plexus::Sample get(std::size_t, plexus::Rng&) const override { return {}; }
  plexus::Sample describe(std::size_t) const override { return {}; }
};

}  // namespace

PLEXUS_PLUGIN("good", "1.2.3", "Does what it says.") {
  registry.transforms.add<Scale>("scale", "multiplies");
  registry.transforms.add<Scale>("shared", "offered by twin as well");
  registry.datasets.add<Empty>("empty", "no samples");
}
