#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace plexus {

// Deflate packs at most 1032 to 1: what a file of `held` bytes can hold, compressed, with room for small headers. Sizes
// beyond it are refused before memory is asked for.
constexpr std::uint64_t most_inflated(std::uint64_t held) { return 1040 * held + 65536; }

// Bytes [offset, offset + count) of a file as uint8; throws Error(data) where they are not there.
at::Tensor file_bytes(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t count);

bool is_gzip(std::string_view front);
// The first `wanted` bytes of gzip data (any count of members), uint8. No more memory is taken than twice what the data
// inflate to. Throws Error(data) with `where`: damaged, cut short, promising more than they can hold.
at::Tensor inflate_gzip(std::string_view packed, std::uint64_t wanted, const std::string& where);
// As much of the first `at_most` bytes as the front of a gzip file gives.
std::string inflate_front(std::string_view packed, std::size_t at_most);
// Exactly `wanted` bytes of raw deflate data into `target`; false where the data say otherwise.
bool inflate_raw(std::string_view packed, void* target, std::size_t wanted);
// The same of zlib's format, whatever follows it.
bool inflate_zlib(std::string_view packed, void* target, std::size_t wanted);
// Level 1 (quick) to 12 (small).
std::string deflate_gzip(std::string_view bytes, int level);
// The same into a file, with no more memory than what comes out.
void write_gzip(std::ostream& file, std::string_view bytes, int level);
std::string deflate_raw(std::string_view bytes, int level);

}  // namespace plexus
