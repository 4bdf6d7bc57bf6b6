#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/plugins.hpp>

namespace plexus {

enum class CheckVerdict { passed, failed, left_out };

// One line of `plexus plugins check`.
struct CheckRow {
  std::string what;
  CheckVerdict verdict = CheckVerdict::passed;
  std::string detail;
};

// What the file exports: the two entry points and nothing else.
CheckRow check_symbols(const std::filesystem::path& file);

// Every option has a meaning and a default that it would accept itself; every preset binds.
std::vector<CheckRow> check_options(const std::vector<Offer>& offers);

// Gives each option values that no one means: huge, negative, not a number, of another type. Each must be taken or refused by an
// Error. Says on stderr what it tries, so that whoever started this process knows it where the plugin ends it; returns what
// failed. To be run in a process of its own.
std::vector<std::string> try_hostile_values(const std::vector<Offer>& offers);

// Trains the plugin by a short pipeline, again and again in processes of their own: twice alike, with 1 and 2 jobs, interrupted
// and resumed; how soon it stops; whether its memory grows.
struct TrialSettings {
  std::filesystem::path pipeline, work;            // work: an empty folder, for run folders
  std::vector<std::filesystem::path> plugin_path;  // where the plugin, and what the pipeline uses besides, lies
  std::int64_t iterations = 60;                  // of each training
  double limit = 600;                            // seconds that one run may take
};
std::vector<CheckRow> try_training(const TrialSettings& settings);

// A pipeline that trains each trainer of the plugin which has the preset `smoke` on phantom hearts, as slices, with the model of
// the same name, or the plugin's first model, under its preset of that name. "" where there is none.
std::string smoke_pipeline(const std::vector<Offer>& offers);

}  // namespace plexus
