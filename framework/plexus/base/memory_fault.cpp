#include <plexus/base/memory_fault.hpp>

#include <new>
#include <string_view>

namespace plexus {

bool is_memory_fault(const std::exception& error) noexcept {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const std::string_view all = error.what(), text = all.substr(0, all.find('\n'));  // a stack trace follows
  return text.find("can't allocate memory") != std::string_view::npos || text.find("out of memory") != std::string_view::npos;
}

}  // namespace plexus
