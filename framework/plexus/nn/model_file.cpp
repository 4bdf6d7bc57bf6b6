#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/model_file.hpp>
#include <plexus/nn/safetensors.hpp>

namespace plexus {
namespace {

constexpr std::size_t longest_value = 2000;

std::string entry_name(const PickleValue& key) {
  if (key.is_text()) return key.text();
  return key.kind() == PickleValue::Kind::integer ? std::to_string(key.integer()) : PickleValue::kind_name(key.kind());
}

void flatten(const PickleValue& value, const std::string& name, ModelFile& file) {
  const auto below = [&](const std::string& key) { return name.empty() ? key : name + "." + key; };
  switch (value.kind()) {
    case PickleValue::Kind::tensor: file.tensors.emplace_back(name, value.tensor()); break;
    case PickleValue::Kind::dict:
      for (const auto& [key, inner] : value.entries()) flatten(inner, below(entry_name(key)), file);
      break;
    case PickleValue::Kind::list:
    case PickleValue::Kind::tuple:
      for (std::size_t i = 0; i < value.items().size(); ++i) flatten(value.items()[i], below(std::to_string(i)), file);
      break;
    case PickleValue::Kind::none: file.values.emplace_back(name, "none"); break;
    case PickleValue::Kind::flag: file.values.emplace_back(name, value.flag() ? "true" : "false"); break;
    case PickleValue::Kind::integer: file.values.emplace_back(name, std::to_string(value.integer())); break;
    case PickleValue::Kind::real: file.values.emplace_back(name, format_real(value.real())); break;
    case PickleValue::Kind::bytes: file.values.emplace_back(name, std::to_string(value.bytes().size()) + " bytes"); break;
    case PickleValue::Kind::text: file.values.emplace_back(name, value.text().substr(0, longest_value)); break;
  }
}

}  // namespace

ModelFile read_model_file(const std::filesystem::path& path) {
  ModelFile file;
  if (is_safetensors(path)) {
    file.format = "safetensors";
    Safetensors content = read_safetensors(path);
    file.tensors = std::move(content.tensors);
    file.values.assign(content.metadata.begin(), content.metadata.end());
    return file;
  }
  const PickleValue content = read_torch_file(path);
  file.format = content.find("plexus") != nullptr && content.find("networks") != nullptr ? "Plexus checkpoint" : "PyTorch";
  flatten(content, "", file);
  return file;
}

std::string tensor_digest(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.cpu().contiguous();
  std::string bytes = std::string(whole.dtype().name()) + " ";
  for (const std::int64_t size : whole.sizes()) bytes += std::to_string(size) + ",";
  bytes.append(static_cast<const char*>(whole.data_ptr()), whole.nbytes());
  return sha256(bytes);
}

}  // namespace plexus
