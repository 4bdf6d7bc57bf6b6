#include <plexus/eval/builtin.hpp>

namespace plexus {

void register_metrics(Kind<Metric, const DataInfo&>& metrics) {
  register_overlap_metrics(metrics);
  register_surface_metrics(metrics);
  register_scalar_metrics(metrics);
}

}  // namespace plexus
