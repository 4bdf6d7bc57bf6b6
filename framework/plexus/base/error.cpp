#include <plexus/base/error.hpp>

#include <algorithm>

namespace plexus {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::internal:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::configuration:
      return 3;
    case ErrorKind::plugin:
      return 4;
    case ErrorKind::data:
      return 5;
    case ErrorKind::cases:
      return 6;
    case ErrorKind::resource:
      return 7;
    case ErrorKind::verification:
      return 8;
    case ErrorKind::interrupted:
      return 130;
    case ErrorKind::terminated:
      return 143;
  }
  return 1;
}

std::string Location::text() const {
  std::string text = file;
  if (line > 0) text += (text.empty() ? "line " : ":") + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  return text;
}

Error::Error(ErrorKind kind, std::string message, std::string where, std::string hint)
    : kind_(kind), message_(std::move(message)), where_(std::move(where)), hint_(std::move(hint)) {
  if (!where_.empty()) text_ = where_ + ": ";
  text_ += message_;
  if (!hint_.empty()) text_ += "; " + hint_;
}

Error::~Error() = default;

const char* Error::what() const noexcept { return text_.c_str(); }

Error Error::within(const std::string& outer) const {
  return Error(kind_, message_, where_.empty() ? outer : outer + ": " + where_, hint_);
}

namespace {

ErrorKind lowest_kind(const std::vector<Error>& all) {
  const auto lowest = std::min_element(
      all.begin(), all.end(), [](const Error& a, const Error& b) { return exit_code(a.kind()) < exit_code(b.kind()); });
  return lowest == all.end() ? ErrorKind::internal : lowest->kind();
}

std::string lines(const std::vector<Error>& all) {
  std::string text;
  for (const auto& error : all) text += (text.empty() ? "" : "\n") + std::string(error.what());
  return text;
}

}  // namespace

Errors::Errors(std::vector<Error> all) : Error(lowest_kind(all), lines(all)), all_(std::move(all)) {}

Errors::~Errors() = default;

void ErrorList::add(Error error) { all_.push_back(std::move(error)); }

void ErrorList::raise() const {
  if (all_.size() == 1) throw all_.front();
  if (!all_.empty()) throw Errors(all_);
}

}  // namespace plexus
