#include <plexus/nn/state_dict.hpp>

#include <algorithm>
#include <unordered_map>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

void collect(const torch::nn::Module& module, const std::string& prefix, TensorMap& state) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    if (item.value().defined()) state.emplace_back(prefix + item.key(), item.value().detach());
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    if (item.value().defined()) state.emplace_back(prefix + item.key(), item.value().detach());
  }
  for (const auto& child : module.named_children()) collect(*child.value(), prefix + child.key() + ".", state);
}

std::string shape_text(const at::Tensor& tensor) {
  std::vector<std::string> sizes;
  for (const auto size : tensor.sizes()) sizes.push_back(std::to_string(size));
  return "[" + join(sizes, ", ") + "]";
}

}  // namespace

TensorMap state_dict(const torch::nn::Module& module) {
  TensorMap state;
  collect(module, "", state);
  return state;
}

void load_state_dict(torch::nn::Module& module, const TensorMap& state, const std::string& where) {
  std::unordered_map<std::string_view, const at::Tensor*> given;
  for (const auto& [name, tensor] : state) given.emplace(name, &tensor);

  Table problems({"tensor", "problem", "in the network", "in the file"});
  const auto own = state_dict(module);
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (const auto& [name, tensor] : own) {
    const auto found = given.find(name);
    if (found == given.end()) {
      if (name.ends_with("num_batches_tracked")) {
        copies.emplace_back(tensor, at::Tensor());
      } else {
        problems.add({name, "missing", shape_text(tensor), "-"});
      }
      continue;
    }
    const auto& value = *found->second;
    given.erase(found);
    if (value.sizes() != tensor.sizes()) {
      problems.add({name, "other shape", shape_text(tensor), shape_text(value)});
    } else if (value.is_floating_point() != tensor.is_floating_point() || value.is_complex() != tensor.is_complex()) {
      problems.add({name, "other type", std::string(c10::toString(tensor.scalar_type())),
                    std::string(c10::toString(value.scalar_type()))});
    } else {
      copies.emplace_back(tensor, value);
    }
  }
  for (const auto& [name, tensor] : state) {
    if (given.contains(name)) problems.add({name, "unexpected", "-", shape_text(tensor)});
  }
  if (!problems.rows().empty()) {
    throw Error(ErrorKind::data,
                fmt::format("the file does not fit the network of {} tensors: {} differences\n{}", own.size(),
                            problems.rows().size(), problems.text()),
                where, "use the settings that the network was trained with, or the file that belongs to it");
  }
  at::NoGradGuard no_gradient;
  for (auto& [to, from] : copies) {
    if (from.defined()) {
      to.copy_(from);
    } else {
      to.zero_();
    }
  }
}

}  // namespace plexus
