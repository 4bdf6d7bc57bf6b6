#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <plexus/nn/pickle.hpp>

namespace plexus {

struct Safetensors {
  TensorMap tensors;                            // in the header's order
  std::map<std::string, std::string> metadata;  // its "__metadata__"
};

// The file layout of Hugging Face safetensors: 8 bytes with the header's length, a JSON header (name -> dtype, shape,
// data_offsets), the data without gaps. Error(data) for a header that is too long, no JSON, names sizes that disagree,
// offsets that overlap, leave gaps or lie outside, or a type that is not known.
Safetensors read_safetensors(const std::filesystem::path& path);

// Atomic. Wide types come first so that every tensor is aligned to its own size; the header keeps the order of `tensors`.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

// By its first bytes.
bool is_safetensors(const std::filesystem::path& path);

}  // namespace plexus
