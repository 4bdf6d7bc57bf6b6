#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <plexus/sdk/model.hpp>
#include <plexus/train/context.hpp>

namespace plexus {

struct GenerationInput {
  Model& model;
  HostContext& context;
  std::string title;              // of the progress line
  std::vector<std::string> ids;   // of the samples to make, in order
  std::function<Sample(std::size_t)> source;  // [any thread] what the i-th is made from; its id is set by generate_samples
  std::int64_t batch = 1;         // made together where they have one shape
  int jobs = 1;                   // threads that read sources ahead
  bool keep_going = true;         // a source that cannot be read is a failed sample; false: the end
};

// Lets a model make samples in order; they do not depend on `batch` and `jobs`. Returns how many failed. Throws
// Error(configuration) where the model cannot generate, Error(interrupted, terminated) after a stop request.
std::int64_t generate_samples(const GenerationInput& input, Sink& sink);

// "ID" for one sample of a source, "ID_0", "ID_1", … for several.
std::string copy_id(const std::string& id, std::int64_t copy, std::int64_t count);

}  // namespace plexus
