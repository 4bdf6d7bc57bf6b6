#include <plexus/base/progress.hpp>

#include <unistd.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <limits>
#include <mutex>

#include <plexus/base/counted.hpp>
#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double recent = 60;      // seconds that the rate is a mean over
constexpr double sampling = 0.25;  // seconds between the points it is taken from

std::atomic<ProgressStyle> chosen{ProgressStyle::automatic};

double between(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double>(to - from).count(); }

double json_cadence() {
  const char* given = std::getenv("PLEXUS_PROGRESS_SECONDS");
  return given == nullptr ? 1 : parse_real(given).value_or(1);
}

// Seconds between two reports: a terminal follows the eye, a log file is to stay short.
double cadence(ProgressStyle style) {
  switch (style) {
    case ProgressStyle::plain:
      return 15;
    case ProgressStyle::json: {
      static const double seconds = json_cadence();
      return seconds;
    }
    default:
      return 0.1;
  }
}

}  // namespace

ProgressStyle parse_progress_style(const std::string& name) {
  if (name == "auto") return ProgressStyle::automatic;
  if (name == "plain") return ProgressStyle::plain;
  if (name == "json") return ProgressStyle::json;
  if (name == "none") return ProgressStyle::none;
  throw Error(ErrorKind::usage, fmt::format("no progress style '{}'", name), "", "styles are auto, plain, json, none");
}

void set_progress_style(ProgressStyle style) { chosen = style; }

struct Progress::State {
  std::string title, unit, note;
  std::int64_t start = 0, done = 0, total = 0;
  ProgressStyle style = ProgressStyle::none;
  Clock::time_point begun = Clock::now(), reported = begun;
  bool finished = false, reported_once = false;
  std::deque<std::pair<Clock::time_point, std::int64_t>> points;
  mutable std::mutex lock;

  // Units per second, over the recent past; NaN before the first.
  double rate(Clock::time_point now) const {
    const double seconds = between(points.front().first, now);
    return done > points.front().second && seconds > 0 ? static_cast<double>(done - points.front().second) / seconds
                                                       : std::numeric_limits<double>::quiet_NaN();
  }

  double left(Clock::time_point now) const {
    if (total > 0 && done >= total) return 0;
    return total > 0 ? static_cast<double>(total - done) / rate(now) : std::numeric_limits<double>::quiet_NaN();
  }

  std::string line(Clock::time_point now) const {
    std::string text = total > 0 ? fmt::format("{} {}/{} {} ({}%)", title, done, total, unit, 100 * done / total)
                                 : fmt::format("{} {} {}", title, done, unit);
    const double speed = rate(now);
    if (speed >= 1)
      text += fmt::format(", {:.{}f}/s", speed, speed < 10 ? 1 : 0);
    else if (speed > 0)
      text += fmt::format(", {} each", human_seconds(1 / speed));
    if (const double seconds = left(now); std::isfinite(seconds) && seconds > 0)
      text += fmt::format(", {} left", human_seconds(seconds));
    return note.empty() ? text : text + ", " + note;
  }

  std::string json(Clock::time_point now) const {
    const double seconds = left(now);
    return fmt::format(
        "{{\"progress\":{},\"done\":{},\"total\":{},\"unit\":{},\"seconds\":{:.3f},\"seconds_left\":{},\"note\":{}}}\n",
        json_string(title), done, total > 0 ? std::to_string(total) : "null", json_string(unit), between(begun, now),
        std::isfinite(seconds) ? fmt::format("{:.1f}", seconds) : "null", json_string(note));
  }

  void report(Clock::time_point now) {
    switch (style) {
      case ProgressStyle::automatic:
        log::status(line(now));
        break;
      case ProgressStyle::plain:
        log::info(line(now));
        break;
      case ProgressStyle::json: {
        const std::string text = json(now);
        static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
        break;
      }
      case ProgressStyle::none:
        break;
    }
    reported = now;
    reported_once = true;
  }
};

Progress::Progress(std::string title, std::int64_t total, std::string unit, std::int64_t start)
    : state_(std::make_unique<State>()) {
  state_->title = std::move(title);
  state_->unit = std::move(unit);
  state_->total = total;
  state_->start = state_->done = start;
  state_->style = chosen;
  if (state_->style == ProgressStyle::automatic && !log::stderr_is_terminal()) state_->style = ProgressStyle::plain;
  state_->points.emplace_back(state_->begun, start);
}

Progress::~Progress() {
  if (!state_->finished && state_->style == ProgressStyle::automatic) log::status("");
}

void Progress::advance(std::int64_t by, const std::string& note) {
  const std::lock_guard guard(state_->lock);
  const auto now = Clock::now();
  State& state = *state_;
  state.done += by;
  state.note = note;
  if (between(state.points.back().first, now) >= sampling) state.points.emplace_back(now, state.done);
  while (state.points.size() > 2 && between(state.points.front().first, now) > recent) state.points.pop_front();
  const bool first = !state.reported_once && state.style != ProgressStyle::plain;
  if (first || between(state.reported, now) >= cadence(state.style)) state.report(now);
}

void Progress::finish() {
  const std::lock_guard guard(state_->lock);
  State& state = *state_;
  if (state.finished) return;
  state.finished = true;
  const auto now = Clock::now();
  if (state.style == ProgressStyle::json) return state.report(now);
  if (state.style == ProgressStyle::automatic) log::status("");
  const double seconds = between(state.begun, now);
  if (state.style != ProgressStyle::none)
    log::write(seconds < 1 ? Level::debug : Level::info,
               fmt::format("{}: {} in {}", state.title,
                           counted(static_cast<std::uint64_t>(state.done - state.start), state.unit.substr(0, state.unit.size() - 1)),
                           human_seconds(seconds)));
}

double Progress::seconds() const { return between(state_->begun, Clock::now()); }

double Progress::seconds_left() const {
  const std::lock_guard guard(state_->lock);
  return state_->left(Clock::now());
}

}  // namespace plexus
