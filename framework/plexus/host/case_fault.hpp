#pragma once
#include <exception>
#include <new>
#include <string>

#include <c10/util/Exception.h>

#include <plexus/base/error.hpp>

namespace plexus {

// What went wrong with a case, whatever threw it. Called in a catch block. Lack of memory is of kind resource.
inline Error fault_of_case() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::resource, "not enough memory", "", "lower --jobs, or raise --memory-limit");
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const bool memory =
        text.find("not enough memory") != std::string::npos || text.find("can't allocate memory") != std::string::npos;
    return Error(memory ? ErrorKind::resource : ErrorKind::internal, text);
  } catch (const std::exception& error) {
    return Error(ErrorKind::internal, error.what());
  } catch (...) {
    return Error(ErrorKind::internal, "an unknown failure");
  }
}

// An order to stop, which is no fault of the case.
inline bool is_stop(const Error& error) {
  return error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated;
}

}  // namespace plexus
