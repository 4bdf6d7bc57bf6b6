#include <plexus/base/fault.hpp>

#include <new>
#include <string_view>

namespace plexus {
namespace {

std::string_view first_line_of(std::string_view text) noexcept { return text.substr(0, text.find('\n')); }

}  // namespace

bool is_memory_fault(const std::exception& error) noexcept {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto text = first_line_of(error.what());
  return text.find("can't allocate memory") != std::string_view::npos || text.find("out of memory") != std::string_view::npos;
}

std::string first_line(const std::exception& error) { return std::string(first_line_of(error.what())); }

}  // namespace plexus
