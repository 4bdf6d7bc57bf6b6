#pragma once
#include <string>
#include <string_view>

namespace plexus {

enum class Level { debug, info, warning, error, off };

// One line is one fact. Goes to stderr for people and, while a run is open, to log.txt and log.jsonl in its folder.
// Any thread.
namespace log {
void write(Level level, std::string_view text);
inline void debug(std::string_view text) { write(Level::debug, text); }
inline void info(std::string_view text) { write(Level::info, text); }
inline void warning(std::string_view text) { write(Level::warning, text); }
inline void error(std::string_view text) { write(Level::error, text); }
// For the open run's files alone: what whoever catches an error tells people.
void record(Level level, std::string_view text);
// Says a warning once for each text in this process.
void warn_once(std::string_view text);

void set_level(Level level);             // for stderr only; files take everything from info up
Level parse_level(std::string_view name);  // throws Error(usage)
// Appends to folder/log.txt and folder/log.jsonl until closed or replaced; an empty folder closes them.
void open_files(const std::string& folder);
// A line that is overwritten in place on a terminal (progress); "" removes it.
void status(std::string_view text);
bool stderr_is_terminal();
bool use_colour();                       // terminal, and NO_COLOR not set
}  // namespace log

}  // namespace plexus
