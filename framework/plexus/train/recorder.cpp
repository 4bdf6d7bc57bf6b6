#include <plexus/train/recorder.hpp>

#include <ATen/Functions.h>

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cmath>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// Names of labels are the data set's: quoted where they would break the row.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

Recorder::Recorder(const std::filesystem::path& folder, RecordedBytes bytes)
    : metrics_(folder / "metrics.csv"), events_(folder / "events.out.tfevents.plexus", bytes.events) {
  metrics_.truncate(std::min(bytes.metrics, metrics_.size()));
  if (metrics_.size() == 0) metrics_.write("step,epoch,series,value\n");
}

void Recorder::row(std::int64_t step, std::int64_t epoch, const std::string& series, double value) {
  text_ += fmt::format("{},{},{},{}\n", step, epoch, csv_field(series), format_real(value));
}

void Recorder::losses(std::int64_t step, std::int64_t epoch, const Losses& terms) {
  Pending pending{step, epoch, {}};
  for (const auto& [name, value] : terms) {
    pending.names.push_back(name);
    tensors_.push_back(value.detach().reshape({}).to(at::kFloat));
  }
  pending_.push_back(std::move(pending));
}

void Recorder::values(std::int64_t step, std::int64_t epoch, const std::vector<std::pair<std::string, double>>& series) {
  flush();
  for (const auto& [name, value] : series) row(step, epoch, name, value);
  metrics_.write(text_);
  text_.clear();
  events_.write(step, now(), series);
}

std::string term_in_words(const std::string& name, double value) { return fmt::format("{} {:.4g}", name, value); }

std::vector<Recorder::Bad> Recorder::flush() {
  std::vector<Bad> bad;
  if (pending_.empty()) return bad;
  EventFile::Scalars scalars;
  if (!tensors_.empty()) {
    const auto read = at::stack(tensors_).cpu();
    const auto* value = read.const_data_ptr<float>();
    for (const auto& step : pending_) {
      scalars.clear();
      latest_.clear();
      for (const auto& name : step.names) {
        if (!std::isfinite(*value)) bad.push_back({step.step, name});
        row(step.step, step.epoch, "loss/" + name, *value);
        scalars.emplace_back("loss/" + name, *value);
        latest_ += (latest_.empty() ? "" : ", ") + term_in_words(name, *value);
        ++value;
      }
    }
  }
  metrics_.write(text_);
  if (!scalars.empty()) events_.write(pending_.back().step, now(), scalars);
  text_.clear();
  pending_.clear();
  tensors_.clear();
  return bad;
}

RecordedBytes Recorder::bytes() const { return {metrics_.size(), events_.size()}; }

void Recorder::sync() {
  metrics_.flush();
  events_.flush();
}

}  // namespace plexus
