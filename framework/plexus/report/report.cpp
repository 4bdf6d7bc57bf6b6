#include <plexus/report/report.hpp>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/sections.hpp>

namespace plexus {
namespace {

// The page with a line of links to its sections.
class Page {
 public:
  // A section with nothing in it is left out.
  void add(const std::string& heading, const std::string& content) {
    if (content.empty()) return;
    const std::string anchor = fmt::format("s{}", ++count_);
    links_ += fmt::format("<a href='#{}'>{}</a>", anchor, html_escape(heading));
    body_ += fmt::format("<section id='{}'><h2>{}</h2>\n{}</section>\n", anchor, html_escape(heading), content);
  }
  std::string text(const std::string& head) const { return head + "<nav>" + links_ + "</nav>\n" + body_; }

 private:
  std::string links_, body_;
  int count_ = 0;
};

// What cannot be read becomes a sentence of the page.
template <class Work>
std::string guarded(Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    return fmt::format("<p class='warn'>{}</p>\n", html_escape(error.what()));
  }
}

}  // namespace

void write_report(const ReportInput& input) {
  std::vector<ReadStage> stages;
  std::string unread;
  for (const EvaluatedStage& stage : input.evaluated)
    unread += guarded([&] {
      stages.push_back({&stage, read_cases(stage.folder / "cases.csv")});
      return std::string();
    });

  Page page;
  page.add("Comparison", comparison(stages));
  page.add("Quality against time", speed_section(stages));
  for (const ReadStage& stage : stages) page.add("Results: " + stage.stage->name, evaluated_section(stage, input.labels));
  for (const TrainedStage& stage : input.trained)
    page.add("Training: " + stage.name, guarded([&] { return trained_section(stage); }));
  std::string notes;
  for (const auto& note : input.notes) notes += fmt::format("<p>{}</p>\n", html_escape(note));
  page.add("Data", notes);
  page.add("Warnings", guarded([&] { return warnings_section(input.folder / "log.jsonl"); }));
  page.add("Configuration", guarded([&] { return configuration_section(input.folder / "resolved.json"); }));
  page.add("Environment", guarded([&] { return environment_section(input.folder / "run.json"); }));

  const std::string head = fmt::format("<h1>{}</h1>\n<p class='soft'>{}</p>\n{}{}", html_escape(input.title),
                                       html_escape(input.folder.filename().string()), unread, verdict(stages));
  write_file(input.folder / "report.html", html::page(input.title, page.text(head)));
}

}  // namespace plexus
