// Key functions: vtables and type information of the interfaces live in this library alone.
#include <stdexcept>

#include <plexus/base/text.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/sdk/denoising.hpp>
#include <plexus/sdk/registry.hpp>

namespace plexus {

const at::Tensor& Batch::operator[](const std::string& field) const {
  const auto found = fields.find(field);
  if (found != fields.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : fields) names.push_back(name);
  throw std::out_of_range("the batch has no field '" + field + "'; it has " + join(names, ", "));
}
bool Batch::has(const std::string& field) const { return fields.count(field) != 0; }
std::vector<std::string> Batch::ids() const {
  std::vector<std::string> all;
  for (const auto& sample : of) all.push_back(sample.id);
  return all;
}

Dataset::~Dataset() = default;
std::vector<std::string> Dataset::files() const { return {}; }
bool Dataset::deterministic() const { return false; }
bool Dataset::prepare_cases(const std::vector<std::shared_ptr<const Transform>>&) { return false; }
Transform::~Transform() = default;
bool Transform::deterministic() const { return false; }
std::vector<Sample> Transform::apply_all(Sample sample, Rng& rng) const {
  apply(sample, rng);
  return {std::move(sample)};
}
at::Tensor Transform::restore_label(const at::Tensor& label) const { return label; }
Context::~Context() = default;
void Context::picture(std::string_view, const at::Tensor&) {}
Model::~Model() = default;
std::vector<Original> Model::originals() const { return {}; }
Segmenter::~Segmenter() = default;
Condition::~Condition() = default;
Denoising::~Denoising() = default;
Sink::~Sink() = default;
Generating::~Generating() = default;
AdaptsToFile::~AdaptsToFile() = default;
StepInput::~StepInput() = default;
Validation::~Validation() = default;
Archive::~Archive() = default;
Trainer::~Trainer() = default;
void Trainer::end_epoch(std::int64_t, Context&) {}
std::optional<Score> Trainer::validate(Validation& validation, Context&) { return validation.by_metrics("val"); }
std::vector<std::string> Trainer::refresh_statistics(const StepInput&) { return {}; }
void Trainer::state(Archive&) {}
Metric::~Metric() = default;
std::vector<Measurement> Metric::summary(const std::vector<std::vector<Measurement>>&) const { return {}; }
bool Metric::higher_is_better() const { return true; }
Preprocessor::~Preprocessor() = default;
void Preprocessor::finish(const std::vector<Job>&, const std::string&) const {}

}  // namespace plexus
