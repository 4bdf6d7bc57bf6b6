#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <plexus/data/transforms/builtin.hpp>

namespace plexus::test {

inline Node text(const std::string& value) { return Node::scalar(value); }
inline Node list(const std::vector<std::string>& values) {
  std::vector<Node> items;
  for (const auto& value : values) items.push_back(Node::scalar(value));
  return Node::list(items);
}

using Options = std::vector<std::pair<std::string, Node>>;

// A transform of the framework with its options bound.
inline std::unique_ptr<Transform> made(const std::string& name, Options settings = {}) {
  Kind<Transform> kind;
  register_transforms(kind);
  for (const auto& entry : kind.entries()) {
    if (entry.name != name) continue;
    auto builder = entry.start();
    builder->options().apply(Node::map(std::move(settings)), name);
    return builder->make();
  }
  throw std::logic_error("no transform " + name);
}

inline Sample applied(const Transform& transform, Sample sample, std::uint64_t seed = 0) {
  Rng rng(seed);
  transform.apply(sample, rng);
  return sample;
}
inline std::vector<Sample> applied_all(const Transform& transform, Sample sample) {
  Rng rng(0);
  return transform.apply_all(std::move(sample), rng);
}

}  // namespace plexus::test
