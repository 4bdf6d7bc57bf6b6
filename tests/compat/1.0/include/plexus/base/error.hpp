#pragma once
#include <exception>
#include <string>
#include <vector>

#include <plexus/base/reserved.hpp>

namespace plexus {

// What went wrong, by who can mend it. Each kind has one exit code (exit_code below).
enum class ErrorKind {
  internal,       // 1: our own fault
  usage,          // 2: the command line
  configuration,  // 3: a pipeline file or an option
  plugin,         // 4: a plugin missing, refused or failing to load
  data,           // 5: a data file, volume or checkpoint missing or wrong
  cases,          // 6: finished, some cases failed
  resource,       // 7: memory or disk
  verification,   // 8: a check that was asked for found differences
  interrupted,    // 130: Ctrl-C
  terminated      // 143: SIGTERM
};
int exit_code(ErrorKind kind) noexcept;

// A place in a text file; line and column count from 1, 0 where unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  // "file:12:7", "file", or "" where nothing is known.
  std::string text() const;
};

// Something that a user can mend. `what` names the fault, `where` the file, key or case, `hint` what to do.
// Faults of the program itself are std::logic_error instead.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string where = "", std::string hint = "");
  ~Error() override;
  // "where: message; hint"
  const char* what() const noexcept override;
  ErrorKind kind() const noexcept { return kind_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& where() const noexcept { return where_; }
  const std::string& hint() const noexcept { return hint_; }
  // The same error with more of the place put in front: "stage train: " + where.
  Error within(const std::string& outer) const;

 private:
  ErrorKind kind_;
  std::string message_, where_, hint_, text_;
  Reserved reserved_;
};

// Several errors found in one go. Its kind is the one of the lowest exit code among them; `what` is one line each.
class Errors : public Error {
 public:
  explicit Errors(std::vector<Error> all);
  ~Errors() override;
  const std::vector<Error>& all() const noexcept { return all_; }

 private:
  std::vector<Error> all_;
};

// Collects errors of a check that goes on to the end; throws them together.
class ErrorList {
 public:
  void add(Error error);
  // Runs `work` and keeps the Error it throws. Returns whether it passed.
  template <class Work> bool attempt(Work&& work) {
    try { work(); return true; } catch (const Errors& several) { for (const auto& e : several.all()) add(e); }
    catch (const Error& error) { add(error); }
    return false;
  }
  bool empty() const noexcept { return all_.empty(); }
  // Throws Error for one, Errors for several, nothing for none.
  void raise() const;

 private:
  std::vector<Error> all_;
};

}  // namespace plexus
