#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// What a file of weights holds, whatever its layout, flattened: "networks.unet.encoder.in_conv.weight" -> tensor. Numbers
// and texts beside the tensors stand in `values`.
struct ModelFile {
  std::string format;  // "Plexus checkpoint", "PyTorch", "safetensors"
  TensorMap tensors;
  std::vector<std::pair<std::string, std::string>> values;
};

// Throws Error(data) where the file is none of these.
ModelFile read_model_file(const std::filesystem::path& path);

// SHA-256 over shape, type and bytes of a tensor: equal where the tensors are equal bit for bit.
std::string tensor_digest(const at::Tensor& tensor);

}  // namespace plexus
