#include "case_set.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/restore.hpp>

namespace plexus::datasets {

std::size_t CaseSet::add_case(Case one) {
  cases_.push_back(std::move(one));
  return cases_.size() - 1;
}

void CaseSet::add_subset(const std::string& name, const std::vector<std::size_t>& cases, bool slices) {
  subsets_.push_back(name);
  for (const auto of : cases) {
    if (!slices) items_.push_back({of, -1, subsets_.size() - 1});
    for (std::int64_t plane = 0; slices && plane < cases_[of].depth; ++plane)
      items_.push_back({of, plane, subsets_.size() - 1});
  }
}

std::vector<std::string> CaseSet::subsets() const { return subsets_; }

std::vector<std::size_t> CaseSet::subset(const std::string& name) const {
  std::vector<std::size_t> indices;
  bool known = false;
  for (std::size_t s = 0; s < subsets_.size(); ++s) known = known || subsets_[s] == name;
  if (!known) throw Error(ErrorKind::data, fmt::format("no subset '{}'; there are {}", name, join(subsets_, ", ")), "data");
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (subsets_[items_[i].subset] == name) indices.push_back(i);
  return indices;
}

Sample CaseSet::describe(std::size_t index) const {
  const auto& item = items_.at(index);
  Sample sample;
  sample.case_id = cases_[item.of].id;
  sample.slice = item.slice;
  sample.id = item.slice < 0 ? sample.case_id : fmt::format("{}_slice_{}", sample.case_id, item.slice);
  return sample;
}

bool CaseSet::prepare_cases(const std::vector<std::shared_ptr<const Transform>>& transforms) {
  preprocess_ = transforms;
  return true;
}

Sample CaseSet::prepared_case(std::size_t index) const {
  auto sample = read_case(index);
  sample.id = sample.case_id = cases_[index].id;
  Rng undrawn;
  prepare_sample(sample, preprocess_, undrawn);
  return sample;
}

Sample CaseSet::get(std::size_t index, Rng&) const {
  const auto& item = items_.at(index);
  // Tensors of the cache are shared: what is given away is a copy.
  const auto whole = item.slice < 0 ? std::make_shared<const Sample>(prepared_case(item.of))
                                    : cache_.get(item.of, [&] { return prepared_case(item.of); });
  auto sample = describe(index);
  sample.geometry = whole->geometry;
  sample.header = whole->header;
  if (item.slice < 0) sample.source = whole->source;
  for (const auto& [name, tensor] : whole->fields) {
    if (item.slice < 0) {
      sample.fields[name] = tensor.contiguous();
      continue;
    }
    const auto axis = tensor.dim() - 3;
    if (tensor.size(axis) != cases_[item.of].depth)
      throw Error(ErrorKind::data,
                  fmt::format("has {} planes where its header says {}", tensor.size(axis), cases_[item.of].depth),
                  cases_[item.of].files.front(), preprocess_.empty() ? "" : "slices need a `preprocess` that keeps the planes");
    sample.fields[name] = tensor.select(axis, item.slice).clone();
  }
  if (item.slice >= 0) {
    auto& place = sample.geometry;
    for (std::size_t row = 0; row < 3; ++row)
      place.origin[row] += place.direction[3 * row + 2] * place.spacing[2] * static_cast<double>(item.slice);
  }
  if (sample.fields.count("label") == 0) {
    const auto& subset = subsets_[item.subset];
    if (subset == "labeled" || subset == "val")
      throw Error(ErrorKind::data, fmt::format("has no label, which the subset '{}' needs", subset),
                  cases_[item.of].files.front());
    if (subset == "unlabeled") {
      const auto shape = sample.fields.at("image").sizes().slice(1);
      sample.fields["label"] = at::zeros(shape, at::kByte);
    }
  }
  return sample;
}

std::vector<std::string> CaseSet::files() const {
  std::vector<std::string> all;
  for (const auto& one : cases_) all.insert(all.end(), one.files.begin(), one.files.end());
  return all;
}

}  // namespace plexus::datasets
